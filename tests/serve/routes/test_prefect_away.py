"""Prefect refuses, or hangs: runs are refused in time, predictions go on."""

import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from headgate.settings import Settings
from headgate.store import Store
from tests.serve.making import AREA, FLOWER, a_live_model, price
from tests.serve.running import running

FLOWS = {
    "train": {"model": "flower"},
    "retrain": {"model": "flower"},
    "evaluate-gate": {"model": "flower", "version": "v0001"},
    "promote": {"model": "flower", "version": "v0001", "reason": "because"},
}


@pytest.fixture
def hanging(settings: Settings) -> Iterator[Settings]:
    """Settings whose Prefect accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/api"
        yield settings.model_copy(update={"prefect_api_url": url})


@pytest.mark.parametrize("flow", FLOWS)
def test_a_flow_is_refused_in_time_and_says_when_to_ask_again(
    shop: httpx.Client, flow: str
) -> None:
    started = time.monotonic()

    reply = shop.post(f"/runs/{flow}", json=FLOWS[flow])

    assert time.monotonic() - started < 5
    assert reply.status_code == 503
    assert int(reply.headers["Retry-After"]) > 0
    assert "headgate up" in reply.json()["detail"]


def test_a_flow_that_was_refused_left_no_run_behind(shop: httpx.Client) -> None:
    shop.post("/runs/train", json=FLOWS["train"] | {"run_id": "refused-run"})

    assert shop.get("/status/refused-run").status_code == 404


def test_predictions_go_on(shop: httpx.Client) -> None:
    assert shop.post("/predict", json=FLOWER).status_code == 200


def test_many_callers_waiting_for_a_hanging_prefect_hold_up_no_prediction(
    hanging: Settings, store: Store
) -> None:
    a_live_model(store, "price", price())
    refused: list[httpx.Response] = []

    with running(hanging) as client:
        body = {"model": "price"}

        def start() -> None:
            refused.append(httpx.post(f"{client.base_url}/runs/train", json=body, trust_env=False))

        threads = [threading.Thread(target=start) for _ in range(50)]
        started = time.monotonic()
        for thread in threads:
            thread.start()
        answers = [client.post("/predict", json=AREA) for _ in range(20)]
        predicted_in = time.monotonic() - started
        accepted = client.post("/infer", json={"model": "price", "instances": [AREA]})
        for thread in threads:
            thread.join()
        took = time.monotonic() - started

    assert {a.status_code for a in answers} == {200}
    assert predicted_in < 4
    assert accepted.status_code == 202
    assert {r.status_code for r in refused} == {503}
    assert took < 8
