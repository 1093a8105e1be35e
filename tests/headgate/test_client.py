from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from pydantic import JsonValue

from headgate.client import PrefectClient
from headgate.errors import NotFoundError, UsageError
from headgate.prefect_http import PrefectHttp
from tests.fixtures_prefect import deploy

DEPLOYMENT = "batch-infer/default"
SCHEMA: JsonValue = {
    "type": "object",
    "properties": {"run_id": {"type": "string"}, "attempt": {"type": "integer"}},
    "required": ["run_id"],
}


@pytest.fixture(scope="module")
def rest(prefect_api: str) -> Iterator[PrefectHttp]:
    """Prefect's plain API, for the arrangement."""
    http = PrefectHttp(prefect_api, auth=None, timeout_seconds=30, patience_seconds=30)
    yield http
    http.close()


@pytest.fixture(scope="module")
def deployed(prefect_api: str) -> str:
    """Make the deployment and return the API's address."""
    deploy(prefect_api, "batch-infer", SCHEMA)
    return prefect_api


def set_state(rest: PrefectHttp, flow_run_id: str, kind: str) -> None:
    state: JsonValue = {"state": {"type": kind}, "force": True}
    rest.ask("POST", f"/flow_runs/{flow_run_id}/set_state", state)


@pytest.fixture
def client(deployed: str) -> Iterator[PrefectClient]:
    with PrefectClient(deployed, timeout_seconds=20) as client:
        yield client


@pytest.fixture
def key() -> str:
    return f"batch-infer/{uuid4().hex}/1"


@pytest.mark.stack
def test_a_running_server_is_healthy(client: PrefectClient) -> None:
    assert client.healthy() is True


@pytest.mark.stack
def test_start_makes_a_scheduled_run_that_can_be_read_back(client: PrefectClient, key: str) -> None:
    made = client.start(
        DEPLOYMENT, {"run_id": "a", "attempt": 1}, idempotency_key=key, tags=["t"], name="mine"
    )

    read = client.read_run(made.id)
    assert (read.id, read.name, read.state_type) == (made.id, "mine", "SCHEDULED")
    assert (read.parameters, read.idempotency_key) == ({"run_id": "a", "attempt": 1}, key)
    assert not read.ended
    assert client.task_runs(made.id) == []


@pytest.mark.stack
def test_the_same_key_is_the_same_run_and_the_first_parameters_hold(
    client: PrefectClient, key: str
) -> None:
    first = client.start(DEPLOYMENT, {"run_id": "a"}, idempotency_key=key)
    second = client.start(DEPLOYMENT, {"run_id": "b"}, idempotency_key=key)

    assert second.id == first.id
    assert second.parameters["run_id"] == "a"


@pytest.mark.stack
def test_a_run_is_found_by_flow_and_key_only(client: PrefectClient, key: str) -> None:
    made = client.start(DEPLOYMENT, {"run_id": "a"}, idempotency_key=key)

    found = client.find_run("batch-infer", key)

    assert found is not None
    assert found.id == made.id
    assert client.find_run("train", key) is None
    assert client.find_run("batch-infer", f"{key}0") is None


@pytest.mark.stack
def test_an_ended_run_is_found_after_its_deployment_was_made_anew(
    client: PrefectClient, rest: PrefectHttp, deployed: str, key: str
) -> None:
    made = client.start(DEPLOYMENT, {"run_id": "a"}, idempotency_key=key)
    # With a deployment Prefect deletes the runs of it that are still scheduled.
    set_state(rest, made.id, "COMPLETED")
    old = rest.ask("GET", "/deployments/name/batch-infer/default").json()
    rest.ask("DELETE", f"/deployments/{old['id']}")
    deploy(deployed, "batch-infer", SCHEMA)

    found = client.find_run("batch-infer", key)

    assert found is not None
    assert found.id == made.id
    assert client.start(DEPLOYMENT, {"run_id": "a"}, idempotency_key=key).id == made.id


@pytest.mark.stack
def test_runs_are_found_by_all_of_their_tags(client: PrefectClient, key: str) -> None:
    tag = f"run_id:{uuid4().hex}"
    made = client.start(DEPLOYMENT, {"run_id": "a"}, idempotency_key=key, tags=[tag, "x"])

    assert [run.id for run in client.flow_runs([tag, "x"])] == [made.id]
    assert client.flow_runs([tag, "y"]) == []


@pytest.mark.stack
def test_many_threads_create_all_of_their_runs(client: PrefectClient) -> None:
    keys = [f"many/{uuid4().hex}/{n}" for n in range(12)]

    with ThreadPoolExecutor(6) as threads:
        made = threads.map(
            lambda key: client.start(DEPLOYMENT, {"run_id": "a"}, idempotency_key=key), keys
        )

    assert len({run.id for run in made}) == 12


@pytest.mark.stack
@pytest.mark.parametrize("parameters", [{"run_id": 7}, {"attempt": 1}])
def test_refused_parameters_are_reported_in_prefects_words(
    client: PrefectClient, key: str, parameters: dict[str, int]
) -> None:
    with pytest.raises(UsageError, match="run_id"):
        client.start(DEPLOYMENT, dict(parameters), idempotency_key=key)


@pytest.mark.stack
def test_numbers_that_json_lacks_are_refused(client: PrefectClient, key: str) -> None:
    with pytest.raises(UsageError, match="finite"):
        client.start(DEPLOYMENT, {"run_id": "a", "x": float("nan")}, idempotency_key=key)


@pytest.mark.stack
@pytest.mark.parametrize("name", ["batch-infer/nightly", "no/such", "nameless"])
def test_a_missing_deployment_says_how_to_make_it(
    client: PrefectClient, key: str, name: str
) -> None:
    with pytest.raises(NotFoundError, match=f"{name}.*headgate deploy"):
        client.start(name, {"run_id": "a"}, idempotency_key=key)


@pytest.mark.stack
def test_cancelling_a_scheduled_run_cancels_it_at_once(client: PrefectClient, key: str) -> None:
    made = client.start(DEPLOYMENT, {"run_id": "a"}, idempotency_key=key)

    cancelled = client.cancel(made.id)

    assert cancelled.state_type == "CANCELLED"
    assert cancelled.ended
    assert client.cancel(made.id).state_type == "CANCELLED"


@pytest.mark.stack
def test_cancelling_a_running_run_asks_its_worker_to_stop_it(
    client: PrefectClient, rest: PrefectHttp, key: str
) -> None:
    made = client.start(DEPLOYMENT, {"run_id": "a"}, idempotency_key=key)
    set_state(rest, made.id, "RUNNING")

    assert client.cancel(made.id).state_type == "CANCELLING"


@pytest.mark.stack
@pytest.mark.parametrize("flow_run_id", ["0b9a7e3c-2f0e-4a43-9a4f-6d0c2b8f1a55", "../flows", ""])
def test_an_unknown_run_is_not_found(client: PrefectClient, flow_run_id: str) -> None:
    with pytest.raises(NotFoundError, match="no flow run"):
        client.read_run(flow_run_id)
    with pytest.raises(NotFoundError, match="no flow run"):
        client.cancel(flow_run_id)


@pytest.mark.stack
def test_a_pool_has_a_worker_once_one_has_reported(
    client: PrefectClient, rest: PrefectHttp
) -> None:
    before = client.pool_has_worker("headgate")

    beat: JsonValue = {"name": "w1", "heartbeat_interval_seconds": 30}
    rest.ask("POST", "/work_pools/headgate/workers/heartbeat", beat)

    assert before is False
    assert client.pool_has_worker("headgate") is True
    assert client.pool_has_worker("headgate", since_seconds=-60) is False
    assert client.pool_has_worker("no-such-pool") is False


@pytest.mark.stack
def test_the_tasks_of_a_flow_run_are_listed(
    client: PrefectClient, rest: PrefectHttp, key: str
) -> None:
    made = client.start(DEPLOYMENT, {"run_id": "a"}, idempotency_key=key)
    task: JsonValue = {
        "flow_run_id": made.id,
        "task_key": "score",
        "dynamic_key": "0",
        "name": "score-0",
        "state": {"type": "RUNNING", "name": "Running"},
    }
    rest.ask("POST", "/task_runs/", task)

    found = client.task_runs(made.id)

    assert [(t.name, t.state_type, t.state_name) for t in found] == [
        ("score-0", "RUNNING", "Running")
    ]
