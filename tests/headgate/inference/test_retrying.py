from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from headgate.documents.runs import Attempt, OutcomeKind
from headgate.errors import ConflictError
from headgate.inference.cancelling import cancel
from headgate.inference.retrying import retry
from headgate.inference.submitting import Submitter
from headgate.runs import records as runs
from headgate.runs.status import RunNotFoundError
from headgate.store import Store
from tests.headgate.inference.arranging import FakePrefect, ask, end, pending_runs


@pytest.fixture
def started(store: Store, prefect: FakePrefect) -> str:
    """Accept and submit a request; return its run_id."""
    ask(store, run_id="r1")
    Submitter(store, prefect).run_once()
    return "r1"


def clear_markers(store: Store) -> None:
    for info in list(store.list("pending/")):
        store.delete(info.key)


def test_a_failed_run_gets_its_next_attempt_and_a_marker(store: Store, started: str) -> None:
    end(store, started, "failed")
    clear_markers(store)

    attempt = retry(store, started)

    assert attempt.number == 2
    assert pending_runs(store) == [started]


def test_retries_at_once_open_one_attempt(store: Store, started: str) -> None:
    end(store, started, "failed")

    with ThreadPoolExecutor(4) as threads:
        attempts = list(threads.map(lambda _: retry(store, started), range(8)))

    assert {attempt.nonce for attempt in attempts} == {attempts[0].nonce}
    assert len(runs.read_attempts(store, started)) == 2


def test_repeating_a_retry_restores_the_marker_it_lost(store: Store, started: str) -> None:
    end(store, started, "failed")
    first = retry(store, started)
    clear_markers(store)

    assert retry(store, started) == first
    assert pending_runs(store) == [started]


def test_a_retry_killed_before_its_attempt_leaves_a_marker(
    store: Store, started: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    end(store, started, "failed")
    clear_markers(store)

    def killed(*_: object, **__: object) -> Attempt:
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "open_attempt", killed)
    with pytest.raises(KeyboardInterrupt):
        retry(store, started)

    assert pending_runs(store) == [started]


def test_a_retry_keeps_its_marker_though_a_submitter_clears_it_before_the_attempt(
    store: Store, started: str, prefect: FakePrefect, monkeypatch: pytest.MonkeyPatch
) -> None:
    end(store, started, "failed")
    open_attempt = runs.open_attempt

    def open_late(*args: Any, **named: Any) -> Attempt:
        Submitter(store, prefect).run_once()
        assert pending_runs(store) == []
        return open_attempt(*args, **named)

    monkeypatch.setattr(runs, "open_attempt", open_late)
    retry(store, started)

    assert pending_runs(store) == [started]


def test_a_retry_opened_while_a_submitter_clears_its_marker_keeps_it(
    store: Store, started: str, prefect: FakePrefect, monkeypatch: pytest.MonkeyPatch
) -> None:
    end(store, started, "failed")
    delete = type(store).delete

    def delete_late(self: Store, _key: str) -> None:
        monkeypatch.undo()
        retry(store, started)
        for info in list(store.list("pending/")):
            delete(self, info.key)

    monkeypatch.setattr(type(store), "delete", delete_late)
    Submitter(store, prefect).run_once()

    assert pending_runs(store) == [started]


def test_a_retry_that_failed_can_be_retried(store: Store, started: str) -> None:
    numbers = []
    for _ in range(3):
        end(store, started, "failed")
        numbers.append(retry(store, started).number)

    assert numbers == [2, 3, 4]


@pytest.mark.parametrize("kind", ["completed", "cancelled"])
def test_what_has_ended_for_good_is_not_retried(
    store: Store, started: str, kind: OutcomeKind
) -> None:
    end(store, started, kind)

    with pytest.raises(ConflictError, match=f"it is {kind}"):
        retry(store, started)

    assert len(runs.read_attempts(store, started)) == 1


def test_a_run_that_has_not_ended_is_not_retried(store: Store, started: str) -> None:
    with pytest.raises(ConflictError, match="has not ended"):
        retry(store, started)


def test_a_lost_run_is_ended_and_retried(store: Store, started: str) -> None:
    attempt = retry(store, started, lost=True)

    assert attempt.number == 2
    assert runs.read_outcomes(store, started)[1].kind == "failed"


def test_a_run_thought_lost_that_completed_stays_completed(store: Store, started: str) -> None:
    end(store, started, "completed")

    with pytest.raises(ConflictError, match="completed"):
        retry(store, started, lost=True)


def test_only_batch_inferences_are_retried(store: Store, started: str) -> None:
    request = runs.read_request(store, started)
    assert request is not None
    runs.record_request(store, request.model_copy(update={"run_id": "t1", "flow": "train"}))

    with pytest.raises(ConflictError, match="train run"):
        retry(store, "t1")


def test_an_unknown_run_is_neither_retried_nor_cancelled(store: Store) -> None:
    with pytest.raises(RunNotFoundError):
        retry(store, "nobody")
    with pytest.raises(RunNotFoundError):
        cancel(store, None, "nobody", by="alice", reason="")


def test_cancelling_ends_the_attempt_and_its_flow_run(
    store: Store, started: str, prefect: FakePrefect
) -> None:
    outcome = cancel(store, prefect, started, by="alice", reason="wrong file")

    assert (outcome.kind, outcome.attempt) == ("cancelled", 1)
    assert outcome.reason == "cancelled by alice: wrong file"
    assert prefect.state("batch-infer/r1/1") == "CANCELLED"
    assert pending_runs(store) == []


def test_cancelling_works_with_prefect_away(
    store: Store, started: str, prefect: FakePrefect
) -> None:
    prefect.go_away()

    outcome = cancel(store, prefect, started, by="alice", reason="")

    assert outcome.kind == "cancelled"
    assert pending_runs(store) == [started]


def test_a_request_nobody_has_submitted_can_be_cancelled(
    store: Store, prefect: FakePrefect
) -> None:
    ask(store, run_id="r1")

    assert cancel(store, prefect, "r1", by="alice", reason="").kind == "cancelled"

    assert Submitter(store, prefect).run_once().started == []
    assert prefect.started == []


def test_cancelling_again_is_the_same_cancellation(store: Store, started: str) -> None:
    first = cancel(store, None, started, by="alice", reason="first")

    assert cancel(store, None, started, by="bob", reason="second") == first


@pytest.mark.parametrize("kind", ["completed", "failed"])
def test_what_has_ended_is_not_cancelled(store: Store, started: str, kind: OutcomeKind) -> None:
    end(store, started, kind)

    with pytest.raises(ConflictError, match=f"it is {kind}"):
        cancel(store, None, started, by="alice", reason="")


def test_what_a_runner_ends_after_the_cancel_does_not_count(store: Store, started: str) -> None:
    cancelled = cancel(store, None, started, by="alice", reason="")

    ended = runs.end_attempt(store, runs.read_attempts(store, started)[0], "completed")

    assert ended == cancelled


def test_cancelling_a_retry_cancels_the_run(store: Store, started: str) -> None:
    end(store, started, "failed")
    retry(store, started)

    assert cancel(store, None, started, by="alice", reason="").attempt == 2


def test_a_run_of_another_flow_is_cancelled_too(store: Store, prefect: FakePrefect) -> None:
    attempt = runs.open_attempt(store, "t1", "train", flow_run_id=None)
    prefect.keys["train/t1/1"] = "unused"

    outcome = cancel(store, None, "t1", by="alice", reason="")

    assert (outcome.kind, outcome.flow, outcome.attempt) == ("cancelled", "train", attempt.number)
