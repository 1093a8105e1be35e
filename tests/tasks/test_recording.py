from typing import Any

import pytest
from prefect import flow, runtime

from headgate.documents.base import Frozen
from headgate.documents.runs import Attempt
from headgate.errors import ConflictError, RefusedError
from headgate.inference.cancelling import CancelledRunError
from headgate.runs import records as runs
from headgate.store import Store
from tasks.exclusive import FOLDER, ActiveRunError, only_active
from tasks.recording import EndedMeanwhileError, current, recorded

pytestmark = pytest.mark.stack

calls: list[str] = []


class Said(Frozen):
    """What the flows of this test answer."""

    model: str
    said: str


@pytest.fixture(autouse=True)
def _no_calls_yet() -> None:
    calls.clear()


@flow(persist_result=False)
@recorded("say", Said)
def say(model: str, run_id: str | None = None, attempt: int | None = None) -> Said:  # noqa: ARG001
    """Say something."""
    calls.append(model)
    return Said(model=model, said=f"hello {run_id}")


@flow(persist_result=False)
@recorded("refuse", Said)
def refuse(run_id: str | None = None) -> Said:  # noqa: ARG001
    """Refuse."""
    raise RefusedError("The gate said no. Train a better one.")


@flow(persist_result=False)
@recorded("break", Said)
def break_down(run_id: str | None = None) -> Said:  # noqa: ARG001
    """Have a bug."""
    raise ZeroDivisionError("of nothing")


@flow(persist_result=False)
@recorded("say", Said)
def be_cancelled(run_id: str | None = None) -> Said:
    """Be cancelled by somebody while at work."""
    mine = current()
    runs.end_attempt(mine.store, mine.attempt, "cancelled", reason="cancelled by alice")
    return Said(model="iris", said=str(run_id))


@flow(persist_result=False)
@recorded("inner", Said, one_per_model=True)
def inner(model: str, run_id: str | None = None) -> Said:
    """Look at the markers from within a subflow."""
    return Said(model=model, said=f"{run_id}: {' '.join(current().store.names(FOLDER))}")


@flow(persist_result=False)
@recorded("outer", Said, one_per_model=True)
def outer(model: str, run_id: str | None = None) -> Said:
    """Start a subflow for the same model."""
    return inner(model, f"{run_id}-inner")


@flow(persist_result=False)
@recorded("name", Said)
def name_yourself(run_id: str | None = None) -> Said:
    """Say under which names this runs."""
    return Said(model=str(runtime.flow_run.get_id()), said=str(run_id))


def test_a_run_ends_as_completed_with_its_result(store: Store) -> None:
    answer = say("iris", "done")

    outcome = runs.completed_outcome(store, "done")
    assert answer == Said(model="iris", said="hello done")
    assert outcome is not None
    assert outcome.result == {"model": "iris", "said": "hello done"}
    assert (outcome.attempt, outcome.flow) == (1, "say")


def test_a_run_leaves_an_attempt_with_a_heartbeat_that_names_its_flow_run(store: Store) -> None:
    say("iris", "beats")

    [attempt] = runs.read_attempts(store, "beats")
    beat = runs.read_beat(store, "beats", 1)
    assert attempt.flow_run_id is not None
    assert beat is not None
    assert beat.flow_run_id == attempt.flow_run_id


def test_a_completed_run_is_answered_and_not_done_again(store: Store) -> None:
    first = say("iris", "twice")
    second = say("iris", "twice")

    assert first == second
    assert calls == ["iris"]
    assert len(runs.read_attempts(store, "twice")) == 1


@pytest.mark.usefixtures("store")
def test_a_completed_run_does_not_answer_another_question() -> None:
    say("iris", "asked")

    with pytest.raises(ConflictError, match="'asked' was completed before as say of iris"):
        say("digits", "asked")


def test_a_refusal_is_the_runs_outcome_with_its_sentence_and_exit_code(store: Store) -> None:
    with pytest.raises(RefusedError):
        refuse("no")

    outcome = runs.read_outcomes(store, "no")[1]
    assert outcome.kind == "failed"
    assert outcome.reason == "The gate said no. Train a better one."
    assert outcome.result == {"exit_code": 3}


def test_a_bug_is_the_runs_outcome_with_its_type(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        break_down("bug")

    outcome = runs.read_outcomes(store, "bug")[1]
    assert (outcome.kind, outcome.reason) == ("failed", "ZeroDivisionError: of nothing")


def test_a_failed_run_is_tried_again_as_the_next_attempt(store: Store) -> None:
    for _ in range(2):
        with pytest.raises(RefusedError):
            refuse("again")

    assert sorted(runs.read_outcomes(store, "again")) == [1, 2]


@pytest.mark.usefixtures("store")
def test_a_run_without_a_run_id_takes_its_flow_runs() -> None:
    answer = name_yourself()

    assert answer.said == answer.model


@pytest.mark.parametrize("attempt", [None, 1, 2])
def test_a_cancelled_run_is_refused_and_no_attempt_is_opened(
    store: Store, attempt: int | None
) -> None:
    waiting = runs.open_attempt(store, "cancelled", "say", by_submitter=True)
    runs.end_attempt(store, waiting, "cancelled", reason="cancelled by alice")

    with pytest.raises(CancelledRunError, match="cancelled by alice"):
        say("iris", "cancelled", attempt=attempt)

    assert calls == []
    assert runs.read_attempts(store, "cancelled") == [waiting]
    assert sorted(runs.read_outcomes(store, "cancelled")) == [1]


def test_an_attempt_opened_while_its_run_is_cancelled_is_cancelled_too(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_attempt = runs.open_attempt

    def cancel_first(store: Store, run_id: str, flow: str, **named: Any) -> Attempt:
        placeholder = open_attempt(store, run_id, flow, by_submitter=True, number=1)
        runs.end_attempt(store, placeholder, "cancelled", reason="cancelled by alice")
        return open_attempt(store, run_id, flow, **named)

    monkeypatch.setattr(runs, "open_attempt", cancel_first)

    with pytest.raises(CancelledRunError):
        say("iris", "raced")

    assert calls == []
    outcomes = runs.read_outcomes(store, "raced")
    assert [outcome.kind for outcome in outcomes.values()] == ["cancelled", "cancelled"]


def test_work_that_was_cancelled_meanwhile_is_not_completed(store: Store) -> None:
    with pytest.raises(EndedMeanwhileError):
        be_cancelled("late")

    assert runs.read_outcomes(store, "late")[1].kind == "cancelled"


def test_a_subflow_belongs_to_the_run_that_holds_the_model(store: Store) -> None:
    answer = outer("iris", "r1")

    assert answer.said == "r1-inner: iris-r1-1"
    assert store.names(FOLDER) == []
    assert runs.completed_outcome(store, "r1-inner") is not None


def test_a_run_gives_way_to_another_one_of_its_model(store: Store) -> None:
    active = runs.open_attempt(store, "active", "train")

    with (
        runs.Heart(store, active, seconds=0.02),
        only_active(store, "iris", active),
        pytest.raises(ActiveRunError, match="run 'active' is active on it"),
    ):
        outer("iris", "late")

    outcome = runs.read_outcomes(store, "late")[1]
    assert (outcome.kind, outcome.result) == ("failed", {"exit_code": 4})
