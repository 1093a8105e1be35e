"""A server that follows the ledger: a promotion arrives without a restart."""

import threading
from functools import partial
from pathlib import Path

import httpx
import pytest

from headgate.artifacts.files import MODEL
from headgate.cli.serving_note import serving_note
from headgate.ledger.entries import read_entries
from headgate.ledger.rollback import rollback
from headgate.settings import Settings
from headgate.store import Store
from tests.builders import an_act
from tests.serve.making import AREA, a_live_model, a_served_version, price, promoted
from tests.serve.running import running, until
from tests.serve.spoiling import spoil


def served(client: httpx.Client) -> str:
    version: str = client.post("/predict", json=AREA).json()["version"]
    return version


def serves(client: httpx.Client, version: str) -> bool:
    return served(client) == version


def test_a_promotion_is_served_without_a_restart(settings: Settings, store: Store) -> None:
    a_live_model(store, "price", price(1))

    with running(settings) as client:
        before = served(client)
        a_live_model(store, "price", price(2))
        until(lambda: served(client) == "v0002", seconds=5)
        answer = client.post("/predict", json=AREA).json()

    assert before == "v0001"
    assert answer["prediction"] == pytest.approx(2.0)
    assert answer["prediction_id"].startswith("price-v0002-2-")


def test_a_model_that_appears_while_serving_is_served(settings: Settings, store: Store) -> None:
    with running(settings) as client:
        before = client.post("/models/price/predict", json=AREA)
        a_live_model(store, "price", price())
        until(lambda: client.post("/predict", json=AREA).status_code == 200, seconds=8)

    assert before.status_code == 404


def test_a_rollback_is_served_without_a_restart(settings: Settings, store: Store) -> None:
    a_live_model(store, "price", price(1))
    a_live_model(store, "price", price(2))

    with running(settings) as client:
        before = served(client)
        rollback(store, "price", an_act(), target="v0001")
        until(lambda: served(client) == "v0001", seconds=5)
        shown = client.get("/models/price").json()

    assert before == "v0002"
    assert shown["hold"]["reason"].startswith("rolled back")


def test_no_request_fails_or_is_answered_half_old_while_versions_swap(
    settings: Settings, store: Store
) -> None:
    a_live_model(store, "price", price(1))
    answers: list[httpx.Response] = []
    done = threading.Event()

    def ask(address: httpx.URL) -> None:
        with httpx.Client(base_url=address, trust_env=False) as client:
            while not done.is_set():
                answers.append(client.post("/predict", json=AREA))

    with running(settings) as client:
        threads = [threading.Thread(target=ask, args=(client.base_url,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for slope in (2, 3, 4):
                a_live_model(store, "price", price(slope))
                until(partial(serves, client, f"v000{slope}"))
        finally:
            done.set()
            for thread in threads:
                thread.join()

    assert {a.status_code for a in answers} == {200}
    seen = {(a.json()["version"], round(a.json()["prediction"], 6)) for a in answers}
    assert seen <= {("v0001", 1.0), ("v0002", 2.0), ("v0003", 3.0), ("v0004", 4.0)}
    assert len(seen) >= 3


def test_a_bad_artifact_leaves_the_old_version_serving_and_is_told(
    settings: Settings, store: Store
) -> None:
    a_live_model(store, "price", price(1))
    bad = a_served_version(store, "price", price(2))
    good_bytes = spoil(store, bad)

    with running(settings) as client:
        promoted(store, bad)
        until(lambda: client.get("/models/price").json()["problem"] is not None)
        health = client.get("/health")
        answer = client.post("/predict", json=AREA).json()
        ledger = client.get("/models/price/ledger").json()
        entries = read_entries(store, "price")
        note = serving_note(str(client.base_url), "price", entries)
        elsewhere = serving_note(str(client.base_url), "price", ())
        metrics = client.get("/metrics").text
        Path(store.uri(bad.files[MODEL].key)).write_bytes(good_bytes)
        until(lambda: served(client) == "v0002")
        mended = client.get("/health").json()
        mended_note = serving_note(str(client.base_url), "price", entries)

    assert answer["version"] == "v0001"
    assert answer["prediction_id"].startswith("price-v0001-1-")
    assert health.status_code == 200
    assert health.json()["status"] == "degraded"
    assert "SHA-256" in health.json()["models"][0]["problem"]
    assert [n["seq"] for n in ledger["notes"]] == [2]
    assert ledger["notes"][0]["note"].startswith("served here instead: v0001.")
    assert "serves v0001 instead" in str(note)
    assert (elsewhere, mended_note) == (None, None)
    assert 'model_loads_total{model="price",result="failed"}' in metrics
    assert mended["status"] == "ok"
