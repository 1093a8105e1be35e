from collections.abc import Iterator

import pytest
from pydantic import JsonValue

from headgate.client import FlowRun, PrefectClient
from headgate.errors import ConflictError
from headgate.names import new_run_id
from headgate.prefect_http import PrefectHttp
from headgate.runs.following import Started, current_status, follow, start_run
from headgate.runs.records import end_attempt, open_attempt
from headgate.runs.status import BeatWatch
from headgate.store import Store
from tests.fixtures_prefect import deploy

pytestmark = pytest.mark.stack
ASKED: dict[str, JsonValue] = {"model": "iris"}


@pytest.fixture
def prefect(prefect_api: str) -> Iterator[PrefectClient]:
    deploy(prefect_api, "train", {"type": "object", "properties": {}})
    with PrefectClient(prefect_api) as client:
        yield client


def start(store: Store, prefect: PrefectClient, run_id: str, **changes: bool) -> Started:
    return start_run(store, prefect, "train", run_id, ASKED, "a test", **changes)


def end(prefect: PrefectClient, flow_run: FlowRun | None, state: str) -> None:
    assert flow_run is not None
    http = PrefectHttp(prefect.api_url, auth=None, timeout_seconds=15, patience_seconds=30)
    body: JsonValue = {"state": {"type": state, "name": state.title()}, "force": True}
    http.ask("POST", f"/flow_runs/{flow_run.id}/set_state", body)
    http.close()


def status_of(store: Store, prefect: PrefectClient, run_id: str) -> str:
    return current_status(store, prefect, BeatWatch(), run_id).status


def test_the_same_run_id_starts_one_flow_run(store: Store, prefect: PrefectClient) -> None:
    run_id = new_run_id()

    first, again = start(store, prefect, run_id), start(store, prefect, run_id)

    assert first.flow_run is not None
    assert again.flow_run is not None
    assert again.flow_run.id == first.flow_run.id
    assert again.attached
    assert status_of(store, prefect, run_id) == "queued"


def test_a_run_id_that_stands_for_something_else_is_refused(
    store: Store, prefect: PrefectClient
) -> None:
    run_id = new_run_id()
    start(store, prefect, run_id)

    with pytest.raises(ConflictError, match="another request"):
        start_run(store, prefect, "train", run_id, {"model": "digits"}, "a test")


@pytest.mark.parametrize("state", ["CRASHED", "CANCELLED", "COMPLETED"])
def test_a_flow_run_that_dies_before_its_attempt_is_lost_and_can_be_started_again(
    state: str, store: Store, prefect: PrefectClient
) -> None:
    run_id = new_run_id()
    first = start(store, prefect, run_id)

    end(prefect, first.flow_run, state)
    seen = status_of(store, prefect, run_id)
    followed = follow(store, prefect, first, lambda _: None)
    again = start(store, prefect, run_id)

    assert (seen, followed.status) == ("lost", "lost")
    assert first.flow_run is not None
    assert again.flow_run is not None
    assert again.flow_run.id != first.flow_run.id
    assert status_of(store, prefect, run_id) == "queued"


def test_a_completed_run_is_not_started_again(store: Store, prefect: PrefectClient) -> None:
    run_id = new_run_id()
    start(store, prefect, run_id)
    end_attempt(store, open_attempt(store, run_id, "train"), "completed")

    assert start(store, prefect, run_id) == Started(run_id, None, attached=True)


def test_a_cancelled_run_stays_cancelled(store: Store, prefect: PrefectClient) -> None:
    run_id = new_run_id()
    start(store, prefect, run_id)
    end_attempt(store, open_attempt(store, run_id, "train"), "cancelled")

    with pytest.raises(ConflictError, match="was cancelled"):
        start(store, prefect, run_id)


def test_a_failed_run_gets_its_next_attempt(store: Store, prefect: PrefectClient) -> None:
    run_id = new_run_id()
    first = start(store, prefect, run_id)
    assert first.flow_run is not None
    attempt = open_attempt(store, run_id, "train", flow_run_id=first.flow_run.id)
    end(prefect, first.flow_run, "FAILED")
    end_attempt(store, attempt, "failed", reason="no data")

    again = start(store, prefect, run_id)

    assert again.flow_run is not None
    assert again.flow_run.id != first.flow_run.id
    assert not again.attached


def test_a_run_known_to_be_lost_is_not_attached_to(store: Store, prefect: PrefectClient) -> None:
    run_id = new_run_id()
    first = start(store, prefect, run_id)
    assert first.flow_run is not None
    open_attempt(store, run_id, "train", flow_run_id=first.flow_run.id)

    attached, anew = start(store, prefect, run_id), start(store, prefect, run_id, lost=True)

    assert attached.attached
    assert anew.flow_run is not None
    assert anew.flow_run.id != first.flow_run.id
