from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.logging import disable_run_logger

from headgate import versions
from headgate.ledger.promotion import promote
from headgate.spec_loading import load_spec
from headgate.store import Store, open_store
from headgate.training.refs import DataRef
from tasks.retrain import UNJUDGED, Change, find_change
from tests.builders import a_champion, a_manifest, a_report, an_act
from tests.tasks.versions import MODELS

ROWS = DataRef(uri="data.csv", sha256="00", n_rows=10, textual=True)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("HEADGATE_STORE_URL", str(tmp_path / "store"))
    monkeypatch.setenv("HEADGATE_MODELS_DIR", str(MODELS))
    with disable_run_logger():
        yield open_store(str(tmp_path / "store"))


def trained(store: Store, run_id: str = "trained") -> str:
    """Commit a version of the data, code and spec of now."""
    loaded = load_spec("iris", [MODELS])
    draft = a_manifest(run_id=run_id)
    now = {"code_sha256": loaded.code_sha256, "spec_sha256": loaded.spec.sha256()}
    origin = draft.provenance.model_copy(update=now)
    return versions.commit_version(store, draft.model_copy(update={"provenance": origin})).version


def change() -> Change:
    return find_change.fn("again", "iris", ROWS, None)


def test_a_version_that_was_never_judged_is_a_reason_to_retrain(store: Store) -> None:
    latest = trained(store)

    assert change() == Change(latest=latest, differs=(UNJUDGED,))


def test_a_version_judged_against_an_earlier_champion_is_a_reason(store: Store) -> None:
    before = trained(store, "before")
    latest = trained(store, "latest")
    a_report(store, latest, "FAIL")
    a_report(store, before)
    promote(store, "iris", before, an_act())

    assert change().differs == (UNJUDGED,)


def test_nothing_is_done_when_the_latest_was_judged_against_the_champion(store: Store) -> None:
    a_champion(store)
    a_report(store, trained(store), "FAIL")

    assert not change().is_needed


def test_nothing_is_done_when_the_latest_is_the_champion(store: Store) -> None:
    latest = trained(store)
    a_report(store, latest)
    promote(store, "iris", latest, an_act())

    assert not change().is_needed


def test_what_differs_is_named_first(store: Store) -> None:
    trained(store)

    other = ROWS.model_copy(update={"sha256": "11"})
    assert find_change.fn("again", "iris", other, None).differs == ("data",)
