"""Against a real Prefect server: runs start once, and accepted requests when it is back."""

from collections.abc import Iterator

import httpx
import pytest

from headgate.client import PrefectClient
from headgate.prefect_http import PrefectHttp
from headgate.runs import records as runs
from headgate.settings import Settings
from headgate.store import Store
from tests.serve.forwarding import Forwarder
from tests.serve.making import AREA, a_live_model, price
from tests.serve.running import running, until

pytestmark = pytest.mark.stack

TRAIN = {"model": "price", "data": "new.csv", "params": {"alpha": 0.5}}
INFER = {"model": "price", "instances": [AREA]}


@pytest.fixture(scope="module")
def deployed(prefect_api: str) -> str:
    """Make the work pool and the deployments that are missing; return the API's address."""
    rest = PrefectHttp(prefect_api, auth=None, timeout_seconds=30, patience_seconds=30)
    if rest.send("GET", "/work_pools/headgate").status_code == 404:
        rest.ask("POST", "/work_pools/", {"name": "headgate", "type": "process"})
    for flow in ("train", "batch-infer"):
        if rest.send("GET", f"/deployments/name/{flow}/default").status_code == 404:
            flow_id = rest.ask("POST", "/flows/", {"name": flow}).json()["id"]
            deployment = {"name": "default", "flow_id": flow_id, "work_pool_name": "headgate"}
            rest.ask("POST", "/deployments/", {**deployment})
    rest.close()
    return prefect_api


@pytest.fixture
def prefect(deployed: str) -> Iterator[PrefectClient]:
    with PrefectClient(deployed, timeout_seconds=20) as client:
        yield client


@pytest.fixture
def client(settings: Settings, store: Store, deployed: str) -> Iterator[httpx.Client]:
    a_live_model(store, "price", price())
    with running(settings.model_copy(update={"prefect_api_url": deployed})) as client:
        yield client


def test_a_flow_is_started_by_its_deployment_with_the_given_parameters(
    client: httpx.Client, prefect: PrefectClient
) -> None:
    reply = client.post("/runs/train", json=TRAIN)

    run_id = reply.json()["run_id"]
    flow_run = prefect.find_run("train", f"train/{run_id}/1")
    assert (reply.status_code, reply.json()["status"]) == (202, "queued")
    assert reply.headers["Location"] == f"/status/{run_id}"
    assert flow_run is not None
    assert flow_run.parameters == {**TRAIN, "run_id": run_id}


def test_the_same_key_and_parameters_start_one_flow_run(
    client: httpx.Client, prefect: PrefectClient
) -> None:
    headers = {"Idempotency-Key": "train-once"}

    replies = [client.post("/runs/train", json=TRAIN, headers=headers) for _ in range(3)]

    assert {r.status_code for r in replies} == {202}
    (run_id,) = {r.json()["run_id"] for r in replies}
    assert len(prefect.flow_runs([f"run_id:{run_id}"])) == 1


def test_the_same_key_with_other_parameters_is_refused(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "train-twice"}
    client.post("/runs/train", json=TRAIN, headers=headers)

    reply = client.post("/runs/train", json=TRAIN | {"params": {}}, headers=headers)

    assert reply.status_code == 409


def test_repeating_a_run_that_is_under_way_starts_no_other(
    client: httpx.Client, store: Store, prefect: PrefectClient
) -> None:
    body = TRAIN | {"run_id": "under-way"}
    client.post("/runs/train", json=body)
    runs.open_attempt(store, "under-way", "train")

    repeated = client.post("/runs/train", json=body)

    assert repeated.status_code == 202
    assert len(prefect.flow_runs(["run_id:under-way"])) == 1


def test_a_missing_deployment_is_said_with_what_makes_it(client: httpx.Client) -> None:
    reply = client.post("/runs/retrain", json={"model": "price"})

    assert reply.status_code == 503
    assert "headgate deploy" in reply.json()["detail"]


def test_a_version_that_does_not_exist_starts_nothing(client: httpx.Client) -> None:
    reply = client.post("/runs/evaluate-gate", json={"model": "price", "version": "v0099"})

    assert reply.status_code == 404


def test_an_accepted_request_becomes_a_flow_run_and_says_that_no_worker_polls(
    client: httpx.Client, prefect: PrefectClient
) -> None:
    run_id = client.post("/infer", json=INFER).json()["run_id"]

    until(lambda: prefect.find_run("batch-infer", f"batch-infer/{run_id}/1") is not None)
    status = client.get(f"/status/{run_id}").json()

    assert status["status"] == "queued"
    assert "headgate worker" in status["reason"]


def test_a_request_accepted_while_prefect_was_away_starts_when_it_is_back(
    settings: Settings, store: Store, prefect: PrefectClient
) -> None:
    a_live_model(store, "price", price())
    url = httpx.URL(prefect.api_url)

    with Forwarder((url.host, url.port or 80)) as forwarder:
        away = settings.model_copy(
            update={"prefect_api_url": f"http://127.0.0.1:{forwarder.port}/api"}
        )
        with running(away) as client:
            accepted = client.post("/infer", json=INFER).json()
            refused = client.post("/runs/train", json=TRAIN)
            forwarder.come_back()
            key = f"batch-infer/{accepted['run_id']}/1"
            until(lambda: prefect.find_run("batch-infer", key) is not None, seconds=20)
            until(lambda: client.post("/runs/train", json=TRAIN).status_code == 202)

    assert accepted["status"] == "queued"
    assert "does not answer" in accepted["reason"]
    assert refused.status_code == 503


def test_a_cancelled_request_is_cancelled_in_prefect(
    client: httpx.Client, prefect: PrefectClient
) -> None:
    run_id = client.post("/infer", json=INFER).json()["run_id"]
    key = f"batch-infer/{run_id}/1"
    until(lambda: prefect.find_run("batch-infer", key) is not None)

    client.delete(f"/infer/{run_id}")

    found = prefect.find_run("batch-infer", key)
    assert found is not None
    assert found.state_type == "CANCELLED"
