"""The whole loop with a real S3 server as store and Prefect on PostgreSQL."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import JsonValue

from headgate.client import PrefectClient
from headgate.inference.results import read_result
from headgate.ledger.audit import verify
from headgate.ledger.entries import read_head
from headgate.runs.following import Started, follow, start_run
from headgate.settings import Settings
from headgate.stack import Stack
from headgate.store import Store, open_store
from tests.services.postgres import Postgres

pytestmark = pytest.mark.services

ROOT = Path(__file__).resolve().parents[2]
ROW: dict[str, JsonValue] = {
    "sepal_length": 5.1,
    "sepal_width": 3.5,
    "petal_length": 1.4,
    "petal_width": 0.2,
}


@pytest.fixture
def stack(
    radosgw_url: str, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stack]:
    monkeypatch.chdir(tmp_path)
    database = postgres.create_database("loop")
    settings = Settings(store_url=radosgw_url, models_dir=(ROOT / "models",))
    environ = {**os.environ, "PREFECT_SERVER_DATABASE_CONNECTION_URL": database}
    with Stack(settings, prefect_port=0, port=0, root=ROOT, environ=environ) as running:
        yield running


@pytest.mark.timeout(300)
def test_a_model_is_trained_judged_promoted_served_and_used_in_batch(stack: Stack) -> None:
    store, info = open_store(stack.settings.store_url), stack.info
    with PrefectClient(info.prefect_api_url) as prefect:
        retrained = follow(
            store,
            prefect,
            start_run(store, prefect, "retrain", "loop", {"model": "iris"}, "a test"),
            lambda _: None,
        )
        promoted = follow(store, prefect, Started("loop-promote", None), lambda _: None)
        accepted = _served(f"{info.api_url}/infer", {"model": "iris", "instances": [ROW] * 7})
        inferred = follow(store, prefect, Started(accepted["run_id"], None), lambda _: None)
    answer = _served(f"{info.api_url}/models/iris/predict", ROW)

    assert (retrained.status, promoted.status) == ("completed", "completed"), retrained.reason
    assert (answer["version"], answer["prediction"]) == ("v0001", "setosa")
    assert inferred.status == "completed", inferred.reason
    assert [p.prediction for p in read_result(store, accepted["run_id"]).predictions] == [
        "setosa"
    ] * 7
    assert verify(store, "iris") == ()
    _check_store(store)


def _check_store(store: Store) -> None:
    head = read_head(store, "iris")
    assert head is not None
    assert head.state.champion == "v0001"
    remembered = [info.key for info in store.list("results/")]
    assert any("fit-model" in key for key in remembered)


def _served(url: str, body: dict[str, JsonValue]) -> dict[str, str]:
    """Post until the API has noticed the promotion."""
    for _ in range(100):
        reply = httpx.post(url, json=body, timeout=10)
        if reply.is_success:
            found: dict[str, str] = reply.json()
            return found
        time.sleep(0.2)
    raise AssertionError(reply.text)
