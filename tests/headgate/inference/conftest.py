from collections.abc import Callable
from pathlib import Path

import pytest

from headgate.inference import planning
from headgate.inference.submitting import Submitter
from headgate.scoring.scorer import Scorer
from headgate.store import Store, open_store
from tests.builders import a_champion
from tests.fixtures_s3 import s3_endpoint, s3_url
from tests.headgate.inference.arranging import FakePrefect, Time, a_scorer

__all__ = ["s3_endpoint", "s3_url"]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store in which iris@v0001 is the champion."""
    store = open_store(str(tmp_path / "store"))
    a_champion(store)
    return store


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def prefect() -> FakePrefect:
    return FakePrefect()


@pytest.fixture
def another(store: Store, prefect: FakePrefect, time: Time) -> Callable[[], Submitter]:
    """Make a submitter of a process that knows nothing yet."""
    return lambda: Submitter(store, prefect, clock=time.now, monotonic=time.monotonic)


@pytest.fixture
def submitter(another: Callable[[], Submitter]) -> Submitter:
    return another()


@pytest.fixture
def scorer(store: Store) -> Scorer:
    return a_scorer(store)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plan parts of 15 rows."""
    monkeypatch.setattr(planning, "MAX_PART_ROWS", 15)
