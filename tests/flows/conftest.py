"""One real stack for all tests of flows: Prefect's server, a worker and deployments."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_DEFAULT_RESULT_STORAGE_BLOCK,
    PREFECT_HOME,
    PREFECT_LOGGING_TO_API_ENABLED,
    temporary_settings,
)
from pydantic import JsonValue

from headgate.client import PrefectClient
from headgate.deploying import results_block
from headgate.names import new_run_id
from headgate.runs.following import Started, follow, start_run
from headgate.runs.status import RunStatus
from headgate.settings import Settings
from headgate.stack import Stack
from headgate.store import Store, open_store
from tests.flows.planted import write_models

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class System:
    """The running stack as a caller sees it."""

    stack: Stack
    store: Store
    client: PrefectClient

    def start(self, flow: str, run_id: str, **parameters: JsonValue) -> Started:
        return start_run(self.store, self.client, flow, run_id, parameters, "a test")

    def end(self, started: Started) -> RunStatus:
        return follow(self.store, self.client, started, lambda _: None)

    def run(self, flow: str, run_id: str | None = None, **parameters: JsonValue) -> RunStatus:
        return self.end(self.start(flow, run_id or new_run_id(), **parameters))


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Start everything once; the API has tests of its own."""
    folder = tmp_path_factory.mktemp("system")
    settings = Settings(
        store_url=str(folder / "store"),
        models_dir=(ROOT / "models", write_models(folder / "models")),
    )
    stack = Stack(settings, prefect_port=0, port=0, with_api=False, root=ROOT)
    with stack, PrefectClient(stack.settings.prefect_api_url) as client:
        yield System(stack, open_store(settings.store_url), client)


@pytest.fixture
def inside(system: System, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    """Let flows run in this process, as the worker's processes would."""
    settings = system.stack.settings
    dirs = os.pathsep.join(str(folder) for folder in settings.models_dirs)
    monkeypatch.setenv("HEADGATE_STORE_URL", settings.store_url)
    monkeypatch.setenv("HEADGATE_MODELS_DIR", dirs)
    monkeypatch.setenv("PREFECT_API_URL", settings.prefect_api_url)
    updates = {
        PREFECT_API_URL: settings.prefect_api_url,
        PREFECT_HOME: system.stack.info.folder / "prefect",
        PREFECT_DEFAULT_RESULT_STORAGE_BLOCK: results_block(settings).slug,
        PREFECT_LOGGING_TO_API_ENABLED: False,
    }
    with temporary_settings(updates):
        yield system
