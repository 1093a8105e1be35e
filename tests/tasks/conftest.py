"""Flows that run in the test's own process, against a real Prefect server."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_DEFAULT_RESULT_STORAGE_BLOCK,
    PREFECT_HOME,
    PREFECT_LOGGING_LEVEL,
    PREFECT_LOGGING_TO_API_ENABLED,
    temporary_settings,
)

from headgate.deploying import prepare, results_block
from headgate.settings import Settings
from headgate.store import Store, open_store


@pytest.fixture
def settings(
    tmp_path: Path, prefect_api: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """Make a store of its own, known to Prefect as the place of results."""
    monkeypatch.setenv("HEADGATE_STORE_URL", str(tmp_path / "store"))
    monkeypatch.setenv("PREFECT_API_URL", prefect_api)
    own = Settings.load()
    with in_prefect(own, tmp_path):
        yield own


@pytest.fixture
def store(settings: Settings) -> Store:
    return open_store(settings.store_url)


def in_prefect(settings: Settings, home: Path) -> AbstractContextManager[object]:
    """Return a context in which flows run against the settings' Prefect."""
    prepare(settings)
    return temporary_settings(
        {
            PREFECT_API_URL: settings.prefect_api_url,
            PREFECT_HOME: home / "prefect",
            PREFECT_DEFAULT_RESULT_STORAGE_BLOCK: results_block(settings).slug,
            PREFECT_LOGGING_LEVEL: "WARNING",
            PREFECT_LOGGING_TO_API_ENABLED: False,
        }
    )
