import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from headgate.errors import UsageError
from headgate.runs.records import (
    Heart,
    completed_outcome,
    end_attempt,
    open_attempt,
    read_attempts,
    read_beat,
    read_outcomes,
)
from headgate.store import Store


def test_attempts_opened_at_once_have_distinct_numbers(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: open_attempt(store, "r1", "train"), range(16)))

    assert sorted(a.number for a in opened) == list(range(1, 17))
    assert [a.number for a in read_attempts(store, "r1")] == list(range(1, 17))


def test_a_named_attempt_is_opened_once(store: Store) -> None:
    first = open_attempt(store, "r1", "train", number=1, by_submitter=True)

    assert open_attempt(store, "r1", "train", number=1) == first
    assert first.opened_by == "submitter"


def test_the_first_outcome_of_an_attempt_wins(store: Store) -> None:
    attempt = open_attempt(store, "r1", "train")

    cancelled = end_attempt(store, attempt, "cancelled", reason="by alice")
    late = end_attempt(store, attempt, "completed", result={"version": "v0001"})

    assert late == cancelled
    assert completed_outcome(store, "r1") is None
    assert read_outcomes(store, "r1") == {1: cancelled}


def test_a_completed_outcome_is_found_whatever_came_before(store: Store) -> None:
    end_attempt(store, open_attempt(store, "r1", "train"), "failed", reason="no data")
    done = end_attempt(store, open_attempt(store, "r1", "train"), "completed")

    assert completed_outcome(store, "r1") == done


def test_a_run_id_cannot_leave_its_folder(store: Store) -> None:
    with pytest.raises(UsageError):
        open_attempt(store, "../models", "train")


def test_the_heart_beats_while_work_goes_on_and_tells_its_progress(store: Store) -> None:
    attempt = open_attempt(store, "r1", "train")

    with Heart(store, attempt, flow_run_id="f1", seconds=0.01) as heart:
        first = read_beat(store, "r1", 1)
        heart.progress(3, 10)
        _until(lambda: getattr(read_beat(store, "r1", 1), "n_done", 0) == 3)

    last = read_beat(store, "r1", 1)
    assert first is not None
    assert last is not None
    assert last.count > first.count
    assert (last.n_done, last.n_total, last.flow_run_id) == (3, 10, "f1")


def _until(condition: object, seconds: float = 10) -> None:
    ticks = threading.Event()
    for _ in range(int(seconds / 0.01)):
        if callable(condition) and condition():
            return
        ticks.wait(0.01)
    raise AssertionError("never happened")
