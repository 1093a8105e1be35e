import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.documents.runs import Attempt
from headgate.runs import records as runs
from headgate.store import Store, open_store
from tasks.exclusive import FOLDER, ActiveRunError, only_active

SHORT_SECONDS = 0.2


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path))


def an_attempt(store: Store, run_id: str) -> Attempt:
    return runs.open_attempt(store, run_id, "train")


class Running:
    """Another run that is at work on a model, in a thread of its own."""

    def __init__(self, store: Store, attempt: Attempt, model: str = "iris") -> None:
        self.heart = runs.Heart(store, attempt, seconds=0.02)
        self.turn = only_active(store, model, attempt)

    def __enter__(self) -> None:
        self.heart.__enter__()
        self.turn.__enter__()

    def __exit__(self, *_: object) -> None:
        self.turn.__exit__(None, None, None)
        self.heart.__exit__(None, None, None)


def markers(store: Store) -> list[str]:
    return store.names(FOLDER)


def test_a_run_gives_way_to_one_whose_heart_beats(store: Store) -> None:
    first, second = an_attempt(store, "first"), an_attempt(store, "second")

    with (
        Running(store, first),
        pytest.raises(ActiveRunError, match=r"'second'.*'first' is active"),
        only_active(store, "iris", second),
    ):
        pytest.fail("two runs were active on one model")

    assert markers(store) == []


def test_runs_of_different_models_do_not_wait_for_each_other(store: Store) -> None:
    first, second = an_attempt(store, "first"), an_attempt(store, "second")

    with Running(store, first), only_active(store, "digits", second):
        assert markers(store) == ["digits-second-1", "iris-first-1"]


def test_the_earlier_run_goes_on_when_two_start_at_once(store: Store) -> None:
    first, second = an_attempt(store, "first"), an_attempt(store, "second")
    later = Running(store, second)
    later.__enter__()
    leaving = threading.Timer(0.5, later.__exit__)
    leaving.start()

    with only_active(store, "iris", first, dead_after_seconds=30):
        assert markers(store) == ["iris-first-1"]

    leaving.join()


def test_a_run_whose_heart_stands_still_is_passed_over(store: Store) -> None:
    dead, mine = an_attempt(store, "dead"), an_attempt(store, "mine")
    left_behind = only_active(store, "iris", dead)
    left_behind.__enter__()

    with only_active(store, "iris", mine, dead_after_seconds=SHORT_SECONDS):
        assert markers(store) == ["iris-mine-1"]


def test_a_run_that_has_ended_is_not_waited_for(store: Store) -> None:
    ended, mine = an_attempt(store, "ended"), an_attempt(store, "mine")
    left_behind = only_active(store, "iris", ended)
    left_behind.__enter__()
    runs.end_attempt(store, ended, "failed", reason="it could not")

    with only_active(store, "iris", mine, dead_after_seconds=600):
        assert markers(store) == ["iris-mine-1"]


def test_attempts_of_one_run_do_not_block_each_other_and_delete_only_their_own(
    store: Store,
) -> None:
    first, second = an_attempt(store, "mine"), an_attempt(store, "mine")

    with Running(store, first):
        with only_active(store, "iris", second, dead_after_seconds=600):
            assert markers(store) == ["iris-mine-1", "iris-mine-2"]
        assert markers(store) == ["iris-mine-1"]

    assert markers(store) == []


def test_another_run_still_waits_after_a_second_attempt_has_ended(store: Store) -> None:
    first, second = an_attempt(store, "mine"), an_attempt(store, "mine")

    with Running(store, first):
        with only_active(store, "iris", second):
            pass
        with (
            pytest.raises(ActiveRunError, match="'mine' is active"),
            only_active(store, "iris", an_attempt(store, "other")),
        ):
            pytest.fail("two runs were active on one model")


def test_a_marker_says_its_schema_version(store: Store) -> None:
    with only_active(store, "iris", an_attempt(store, "mine")):
        assert b'"schema_version":1' in store.get(f"{FOLDER}/iris-mine-1")


def test_the_marker_goes_when_the_work_fails(store: Store) -> None:
    def work() -> Iterator[None]:
        with only_active(store, "iris", an_attempt(store, "mine")):
            raise ValueError("the data are gone")
            yield

    with pytest.raises(ValueError, match="gone"):
        next(work())

    assert markers(store) == []
