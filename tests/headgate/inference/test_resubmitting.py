from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from headgate.inference.cancelling import cancel
from headgate.inference.resubmitting import FIRST_BEAT_SECONDS, next_attempt
from headgate.inference.retrying import retry
from headgate.inference.submitting import WATCH_SECONDS, Submitter
from headgate.runs import records as runs
from headgate.runs.status import LOST_AFTER_SECONDS, read_facts
from headgate.store import Store
from tests.headgate.inference.arranging import FakePrefect, Time, ask, beat, end


@pytest.mark.parametrize("state", ["CRASHED", "FAILED", "COMPLETED"])
def test_an_attempt_whose_process_ended_without_outcome_is_followed_by_another(
    store: Store, prefect: FakePrefect, submitter: Submitter, time: Time, state: str
) -> None:
    ask(store, run_id="r1")
    submitter.run_once()
    prefect.become("batch-infer/r1/1", state, "Process exited with status code: -9")

    time.pass_by(WATCH_SECONDS)
    submitter.run_once()

    assert prefect.started == ["batch-infer/r1/1", "batch-infer/r1/2"]
    assert [a.number for a in runs.read_attempts(store, "r1")] == [1, 2]
    assert runs.read_outcomes(store, "r1") == {}


def test_a_heart_that_stopped_is_followed_by_another_attempt(
    store: Store, prefect: FakePrefect, submitter: Submitter, time: Time
) -> None:
    ask(store, run_id="r1")
    submitter.run_once()
    prefect.become("batch-infer/r1/1", "RUNNING")
    beat(store, "r1", 1)
    time.pass_by(WATCH_SECONDS)
    submitter.run_once()
    time.pass_by(LOST_AFTER_SECONDS)
    submitter.run_once()
    alive = list(prefect.started)

    time.pass_by(WATCH_SECONDS)
    submitter.run_once()

    assert alive == ["batch-infer/r1/1"]
    assert prefect.started == ["batch-infer/r1/1", "batch-infer/r1/2"]
    assert prefect.state("batch-infer/r1/1") == "CANCELLED"


@pytest.mark.parametrize("state", ["PENDING", "RUNNING"])
def test_a_heart_that_never_beat_is_given_more_time(
    store: Store, prefect: FakePrefect, submitter: Submitter, time: Time, state: str
) -> None:
    ask(store, run_id="r1")
    submitter.run_once()
    prefect.become("batch-infer/r1/1", state)
    time.pass_by(WATCH_SECONDS)
    submitter.run_once()
    time.pass_by(FIRST_BEAT_SECONDS)
    submitter.run_once()
    alive = list(prefect.started)

    time.pass_by(WATCH_SECONDS)
    submitter.run_once()

    assert alive == ["batch-infer/r1/1"]
    assert prefect.started == ["batch-infer/r1/1", "batch-infer/r1/2"]


def test_a_run_that_nobody_takes_stays_queued(
    store: Store, prefect: FakePrefect, submitter: Submitter, time: Time
) -> None:
    ask(store, run_id="r1")

    for _ in range(10):
        submitter.run_once()
        time.pass_by(FIRST_BEAT_SECONDS)

    assert prefect.started == ["batch-infer/r1/1"]


def test_a_run_that_is_lost_three_times_has_failed(
    store: Store, prefect: FakePrefect, submitter: Submitter, time: Time
) -> None:
    ask(store, run_id="r1")
    submitter.run_once()
    for number in (1, 2, 3):
        prefect.become(f"batch-infer/r1/{number}", "CRASHED", "killed")
        time.pass_by(WATCH_SECONDS)
        submitter.run_once()

    outcome = runs.read_outcomes(store, "r1")[3]

    assert (outcome.kind, len(prefect.started)) == ("failed", 3)
    assert outcome.reason.startswith("given up after 3 attempts")
    assert "killed" in outcome.reason


def test_after_an_explicit_retry_losses_are_counted_anew(
    store: Store, prefect: FakePrefect, submitter: Submitter, time: Time
) -> None:
    ask(store, run_id="r1")
    submitter.run_once()
    for number in (1, 2, 3, 4):
        if number == 4:
            retry(store, "r1")
            submitter.run_once()
        prefect.become(f"batch-infer/r1/{number}", "CRASHED")
        time.pass_by(WATCH_SECONDS)
        submitter.run_once()

    assert prefect.started[-1] == "batch-infer/r1/5"


def test_two_processes_that_see_one_loss_open_one_attempt(
    store: Store, prefect: FakePrefect, another: Callable[[], Submitter], time: Time
) -> None:
    ask(store, run_id="r1")
    both = [another(), another()]
    for submitter in both:
        submitter.run_once()
    prefect.become("batch-infer/r1/1", "CRASHED")
    time.pass_by(WATCH_SECONDS)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda s: s.run_once(), both))

    assert prefect.started == ["batch-infer/r1/1", "batch-infer/r1/2"]


def test_an_attempt_opened_while_prefect_answered_is_not_taken_for_the_dead_one(
    store: Store, prefect: FakePrefect, submitter: Submitter, time: Time
) -> None:
    ask(store, run_id="r1")
    submitter.run_once()
    prefect.become("batch-infer/r1/1", "CRASHED")
    answer = prefect.read_run

    def open_meanwhile(flow_run_id: str) -> object:
        runs.open_attempt(store, "r1", "batch-infer", by_submitter=True, number=2)
        return answer(flow_run_id)

    prefect.read_run = open_meanwhile  # type: ignore[method-assign, assignment]
    time.pass_by(WATCH_SECONDS)
    submitter.run_once()

    assert [attempt.number for attempt in runs.read_attempts(store, "r1")] == [1, 2]


def test_an_outcome_written_while_prefect_answered_counts(
    store: Store, prefect: FakePrefect, submitter: Submitter, time: Time
) -> None:
    ask(store, run_id="r1")
    submitter.run_once()
    prefect.become("batch-infer/r1/1", "COMPLETED")
    answer = prefect.read_run

    def end_meanwhile(flow_run_id: str) -> object:
        end(store, "r1", "completed")
        return answer(flow_run_id)

    prefect.read_run = end_meanwhile  # type: ignore[method-assign, assignment]
    time.pass_by(WATCH_SECONDS)
    submitter.run_once()

    assert prefect.started == ["batch-infer/r1/1"]


@pytest.mark.parametrize("state", ["CANCELLED", "CANCELLING"])
def test_a_run_cancelled_in_prefect_is_cancelled(
    store: Store, prefect: FakePrefect, submitter: Submitter, time: Time, state: str
) -> None:
    ask(store, run_id="r1")
    submitter.run_once()
    beat(store, "r1", 1)
    prefect.become("batch-infer/r1/1", state)

    for _ in range(3):
        time.pass_by(LOST_AFTER_SECONDS)
        submitter.run_once()

    assert runs.read_outcomes(store, "r1")[1].kind == "cancelled"
    assert prefect.started == ["batch-infer/r1/1"]


def test_a_flow_run_deleted_in_prefect_is_made_again(
    store: Store, prefect: FakePrefect, submitter: Submitter, time: Time
) -> None:
    ask(store, run_id="r1")
    submitter.run_once()
    prefect.delete("batch-infer/r1/1")
    time.pass_by(WATCH_SECONDS)
    submitter.run_once()

    time.pass_by(WATCH_SECONDS)
    submitter.run_once()

    assert prefect.started == ["batch-infer/r1/1", "batch-infer/r1/1"]


def test_a_cancel_between_looking_and_resubmitting_wins(
    store: Store, prefect: FakePrefect, submitter: Submitter
) -> None:
    ask(store, run_id="r1")
    submitter.run_once()
    seen = read_facts(store, "r1")
    cancel(store, None, "r1", by="alice", reason="")

    assert next_attempt(store, seen, "killed", max_attempts=3) is None

    outcome = read_facts(store, "r1").last_outcome
    assert outcome is not None
    assert outcome.kind == "cancelled"
    assert prefect.started == ["batch-infer/r1/1"]
