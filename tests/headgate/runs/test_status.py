import threading
from datetime import UTC, datetime

import pytest

from headgate.documents.runs import OutcomeKind, Request
from headgate.runs.records import Heart, end_attempt, open_attempt, read_beat, record_request
from headgate.runs.status import BeatWatch, PrefectView, RunNotFoundError, read_facts, run_status
from headgate.store import Store

NOTHING = PrefectView()


def _request(store: Store, flow: str = "batch-infer") -> None:
    record_request(
        store,
        Request(
            run_id="r1",
            flow=flow,
            body={},
            body_sha256="00",
            caller="local",
            accepted_at=datetime.now(UTC),
            nonce="n",
        ),
    )


def test_an_unknown_run_is_said_to_be_unknown(store: Store) -> None:
    with pytest.raises(RunNotFoundError, match="'r1'"):
        read_facts(store, "r1")


def test_an_accepted_request_is_queued_with_the_reason(store: Store) -> None:
    _request(store)

    status = run_status(read_facts(store, "r1"), 0, PrefectView(trouble="Prefect is away"))

    assert (status.status, status.reason) == ("queued", "Prefect is away")
    assert status.submitted_at is not None


def test_an_attempt_with_a_moving_heart_is_running(store: Store) -> None:
    with Heart(store, open_attempt(store, "r1", "train")) as heart:
        heart.progress(1, 4)

    status = run_status(read_facts(store, "r1"), 20, NOTHING)

    assert status.status == "running"
    assert status.started_at is not None


def test_a_heart_that_stood_still_is_lost(store: Store) -> None:
    with Heart(store, open_attempt(store, "r1", "train")):
        pass

    status = run_status(read_facts(store, "r1"), 50, NOTHING)

    assert (status.status, status.reason) == ("lost", "no heartbeat for 50 s")


def test_a_process_that_prefect_saw_die_is_lost_at_once(store: Store) -> None:
    with Heart(store, open_attempt(store, "r1", "train")):
        pass

    view = PrefectView("CRASHED", "Crashed", "exited with status code -9")

    status = run_status(read_facts(store, "r1"), 0, view)
    assert status.status == "lost"
    assert "-9" in status.reason


def test_a_second_attempt_that_waits_is_retrying(store: Store) -> None:
    end_attempt(store, open_attempt(store, "r1", "train"), "failed")
    open_attempt(store, "r1", "train", by_submitter=True)

    view = PrefectView("SCHEDULED", "Scheduled")

    assert run_status(read_facts(store, "r1"), 0, view).status == "retrying"


@pytest.mark.parametrize("kind", ["completed", "failed", "cancelled"])
def test_an_outcome_outweighs_whatever_prefect_says(kind: OutcomeKind, store: Store) -> None:
    end_attempt(store, open_attempt(store, "r1", "train"), kind, reason="why")

    status = run_status(read_facts(store, "r1"), 0, PrefectView("RUNNING", "Running"))

    assert (status.status, status.reason) == (kind, "why")
    assert status.ended_at is not None


def test_a_completed_inference_counts_its_rows_and_says_where_they_are(store: Store) -> None:
    _request(store)
    rows = {"n_rows_in": 5, "n_rows_out": 4, "n_rows_rejected": 1}
    attempt = open_attempt(store, "r1", "batch-infer")
    end_attempt(store, attempt, "completed", result={**rows})

    status = run_status(read_facts(store, "r1"), 0, NOTHING)

    assert (status.n_rows_in, status.n_rows_out, status.n_rows_rejected) == (5, 4, 1)
    assert (status.n_done, status.n_total, status.result_url) == (5, 5, "/results/r1")


def test_the_age_of_a_heartbeat_is_since_the_last_change_seen(store: Store) -> None:
    now = [100.0]
    watch = BeatWatch(lambda: now[0])
    attempt = open_attempt(store, "r1", "train")
    with Heart(store, attempt):
        pass

    first = watch.age_seconds(read_facts(store, "r1"))
    now[0] = 130.0
    still = watch.age_seconds(read_facts(store, "r1"))
    with Heart(store, attempt, seconds=0.01):
        _until_beat(store, 2)
    moved = watch.age_seconds(read_facts(store, "r1"))

    assert (first, still, moved) == (0.0, 30.0, 0.0)


def _until_beat(store: Store, count: int) -> None:
    ticks = threading.Event()
    for _ in range(1000):
        beat = read_beat(store, "r1", 1)
        if beat is not None and beat.count >= count:
            return
        ticks.wait(0.01)
    raise AssertionError("the heart stood still")
