from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from headgate.client import PrefectClient
from headgate.documents.runs import OutcomeKind
from headgate.errors import NotFoundError, UnreachableError, UsageError
from headgate.inference import markers
from headgate.inference.cancelling import cancel
from headgate.inference.retrying import retry
from headgate.inference.submitting import WATCH_SECONDS, Submitter
from headgate.names import new_run_id
from headgate.runs import records as runs
from headgate.store import ObjectInfo, Store
from tests.builders import NOON
from tests.fixtures_prefect import deploy
from tests.headgate.inference.arranging import FakePrefect, Time, ask, end, pending_runs


def test_an_accepted_request_gets_its_first_attempt_and_flow_run(
    store: Store, prefect: FakePrefect, submitter: Submitter
) -> None:
    ask(store, run_id="r1")

    report = submitter.run_once()

    assert report.started == ["r1"]
    assert prefect.parameters == {
        "batch-infer/r1/1": {"model": "iris", "run_id": "r1", "attempt": 1}
    }
    attempts = runs.read_attempts(store, "r1")
    assert [(a.number, a.opened_by) for a in attempts] == [(1, "submitter")]
    assert pending_runs(store) == ["r1"]


def test_high_priority_goes_first_then_the_oldest(
    store: Store, prefect: FakePrefect, submitter: Submitter
) -> None:
    for run_id, priority, minutes in [
        ("low-new", "low", 2),
        ("low-old", "low", 1),
        ("high-new", "high", 4),
        ("high-old", "high", 3),
    ]:
        ask(store, run_id=run_id, priority=priority, minutes=minutes)

    submitter.run_once()

    assert [key.split("/")[1] for key in prefect.started] == [
        "high-old",
        "high-new",
        "low-old",
        "low-new",
    ]


def test_what_was_started_is_not_asked_for_at_every_round(
    store: Store, prefect: FakePrefect, submitter: Submitter, time: Time
) -> None:
    ask(store, run_id="r1")
    submitter.run_once()
    n_calls = prefect.n_calls

    submitter.run_once()
    between = prefect.n_calls
    time.pass_by(WATCH_SECONDS)
    submitter.run_once()

    assert between == n_calls
    assert prefect.n_calls == n_calls + 1


def test_another_process_starts_nothing_twice(
    store: Store, prefect: FakePrefect, another: Callable[[], Submitter]
) -> None:
    ask(store, run_id="r1")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: another().run_once(), range(8)))

    assert prefect.started == ["batch-infer/r1/1"]
    assert len(runs.read_attempts(store, "r1")) == 1


@pytest.mark.parametrize("kind", ["completed", "failed", "cancelled"])
def test_an_ended_run_loses_its_marker(
    store: Store, another: Callable[[], Submitter], kind: OutcomeKind
) -> None:
    ask(store, run_id="r1")
    another().run_once()
    end(store, "r1", kind)

    report = another().run_once()

    assert report.ended == ["r1"]
    assert pending_runs(store) == []


def test_a_started_run_that_has_ended_is_cleared_at_the_next_look(
    store: Store, submitter: Submitter, time: Time
) -> None:
    ask(store, run_id="r1")
    submitter.run_once()
    end(store, "r1", "completed")

    time.pass_by(WATCH_SECONDS)
    submitter.run_once()

    assert pending_runs(store) == []


def test_a_marker_without_request_waits_an_hour_for_it(
    store: Store, submitter: Submitter, time: Time
) -> None:
    markers.put_marker(store, markers.Marker("pending/low/20260102T120000.000000Z-r1", "r1", NOON))
    time.pass_by(3600)
    early = submitter.run_once()
    time.pass_by(1)

    late = submitter.run_once()

    assert (early.abandoned, late.abandoned) == ([], ["r1"])
    assert pending_runs(store) == []


def test_a_request_without_marker_is_started_once_it_is_asked_again(
    store: Store, prefect: FakePrefect, submitter: Submitter
) -> None:
    ask(store, run_id="r1")
    for info in list(store.list("pending/")):
        store.delete(info.key)
    submitter.run_once()
    before = list(prefect.started)

    ask(store, run_id="r1", minutes=3)
    submitter.run_once()

    assert before == []
    assert prefect.started == ["batch-infer/r1/1"]


def test_with_prefect_away_requests_wait_and_say_why(
    store: Store, prefect: FakePrefect, submitter: Submitter
) -> None:
    for n in range(3):
        ask(store, run_id=f"r{n}", minutes=n)
    prefect.go_away()

    report = submitter.run_once()

    assert prefect.n_calls == 1
    assert set(report.waiting) == {"r0", "r1", "r2"}
    assert "headgate up" in str(submitter.why_waiting("r2"))
    assert report.trouble == submitter.why_waiting("r0")


def test_requests_that_waited_start_when_prefect_is_back(
    store: Store, prefect: FakePrefect, submitter: Submitter
) -> None:
    ask(store, run_id="r1")
    prefect.go_away()
    submitter.run_once()
    prefect.trouble = None

    report = submitter.run_once()

    assert report.started == ["r1"]
    assert submitter.why_waiting("r1") is None


def test_a_missing_deployment_is_why_all_wait(
    store: Store, prefect: FakePrefect, submitter: Submitter
) -> None:
    ask(store, run_id="r1")
    ask(store, run_id="r2")
    prefect.trouble = NotFoundError("no deployment. Make the deployments: headgate deploy")

    submitter.run_once()

    assert prefect.n_calls == 1
    assert "headgate deploy" in str(submitter.why_waiting("r2"))


def test_a_request_prefect_refuses_holds_up_no_other(
    store: Store, prefect: FakePrefect, submitter: Submitter
) -> None:
    ask(store, run_id="r1")
    ask(store, run_id="r2")
    prefect.trouble = UsageError("Prefect refused the request")

    report = submitter.run_once()

    assert prefect.n_calls == 2
    assert report.trouble is None
    assert set(report.waiting) == {"r1", "r2"}


def test_a_damaged_request_holds_up_no_other(
    store: Store, prefect: FakePrefect, submitter: Submitter
) -> None:
    ask(store, run_id="r1")
    store.put("runs/r1/request.json", b"{}")
    ask(store, run_id="r2", minutes=1)

    report = submitter.run_once()

    assert prefect.started == ["batch-infer/r2/1"]
    assert "request.json" in report.waiting["r1"]


def test_a_retry_is_started_at_once(
    store: Store, prefect: FakePrefect, submitter: Submitter
) -> None:
    ask(store, run_id="r1")
    submitter.run_once()
    end(store, "r1", "failed")
    retry(store, "r1")

    submitter.run_once()

    assert prefect.started == ["batch-infer/r1/1", "batch-infer/r1/2"]


def test_clearing_a_failed_attempt_keeps_the_marker_of_its_retry(
    store: Store, prefect: FakePrefect, submitter: Submitter, another: Callable[[], Submitter]
) -> None:
    ask(store, run_id="r1")
    submitter.run_once()
    end(store, "r1", "failed")
    old = [info.key for info in store.list("pending/")]
    retry(store, "r1")
    for key in old:
        store.delete(key)

    another().run_once()

    assert prefect.started[-1] == "batch-infer/r1/2"


def test_a_cancel_without_prefect_reaches_the_flow_run_later(
    store: Store, prefect: FakePrefect, submitter: Submitter, another: Callable[[], Submitter]
) -> None:
    ask(store, run_id="r1")
    submitter.run_once()
    cancel(store, None, "r1", by="alice", reason="")
    prefect.go_away()
    another().run_once()
    left = pending_runs(store)
    prefect.trouble = None

    another().run_once()

    assert left == ["r1"]
    assert prefect.state("batch-infer/r1/1") == "CANCELLED"
    assert pending_runs(store) == []


def test_what_is_no_marker_is_passed_over(store: Store, submitter: Submitter) -> None:
    ask(store, run_id="r1")
    store.put("pending/low/not-a-marker", b"")

    assert submitter.run_once().n_pending == 1


class AwayStore:
    """A store that does not answer."""

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        raise UnreachableError(f"the store does not answer to {prefix}")


def test_a_store_that_is_away_is_in_the_report_and_not_raised(prefect: FakePrefect) -> None:
    report = Submitter(AwayStore(), prefect).run_once()  # type: ignore[arg-type]

    assert "the store does not answer" in str(report.trouble)


@pytest.mark.stack
def test_a_real_server_gets_the_run_once_and_its_cancellation(
    store: Store, prefect_api: str
) -> None:
    run_id = new_run_id()
    deploy(prefect_api, "batch-infer", {"type": "object", "required": ["run_id", "attempt"]})
    ask(store, run_id=run_id)

    with PrefectClient(prefect_api, timeout_seconds=20) as client:
        reports = [Submitter(store, client).run_once() for _ in range(2)]
        found = client.flow_runs([f"run_id:{run_id}"])
        cancel(store, client, run_id, by="alice", reason="")
        after = client.read_run(found[0].id)

    assert [report.started for report in reports] == [[run_id], [run_id]]
    assert len(found) == 1
    assert found[0].parameters == {"model": "iris", "run_id": run_id, "attempt": 1}
    assert after.state_type == "CANCELLED"
