from collections.abc import Iterable, Mapping
from threading import Event

from pydantic import JsonValue

from headgate.inference.submitter_thread import SubmitterThread
from headgate.inference.submitting import Submitter
from headgate.store import Store
from tests.headgate.inference.arranging import FakePrefect, FakeRun, ask

PATIENCE_SECONDS = 10


class Watched(FakePrefect):
    """Tells when it is asked to start something."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = Event()

    def start(
        self,
        deployment: str,
        parameters: Mapping[str, JsonValue],
        *,
        idempotency_key: str,
        tags: Iterable[str] = (),
        name: str | None = None,
    ) -> FakeRun:
        try:
            return super().start(
                deployment, parameters, idempotency_key=idempotency_key, tags=tags, name=name
            )
        finally:
            self.asked.set()


def test_a_woken_thread_starts_what_was_accepted(store: Store) -> None:
    prefect = Watched()

    with SubmitterThread(Submitter(store, prefect), interval_seconds=600) as thread:
        ask(store, run_id="r1")
        thread.wake()
        asked = prefect.asked.wait(PATIENCE_SECONDS)

    assert asked
    assert prefect.started == ["batch-infer/r1/1"]


def test_without_being_woken_it_looks_by_itself(store: Store) -> None:
    prefect = Watched()

    with SubmitterThread(Submitter(store, prefect), interval_seconds=0.01):
        ask(store, run_id="r1")
        asked = prefect.asked.wait(PATIENCE_SECONDS)

    assert asked


def test_it_outlives_a_bug(store: Store) -> None:
    prefect = Watched()
    prefect.trouble = ZeroDivisionError()
    ask(store, run_id="r1")

    with SubmitterThread(
        Submitter(store, prefect), interval_seconds=0.01, away_seconds=0.01
    ) as thread:
        assert prefect.asked.wait(PATIENCE_SECONDS)
        prefect.asked.clear()
        prefect.trouble = None
        thread.wake()
        asked = prefect.asked.wait(PATIENCE_SECONDS)

    assert asked
    assert prefect.started == ["batch-infer/r1/1"]


def test_stopping_ends_the_thread_though_prefect_is_away(store: Store) -> None:
    prefect = Watched()
    prefect.go_away()
    ask(store, run_id="r1")
    thread = SubmitterThread(Submitter(store, prefect), away_seconds=600)

    thread.start()
    assert prefect.asked.wait(PATIENCE_SECONDS)
    thread.stop()
    n_calls = prefect.n_calls
    thread.wake()

    assert prefect.n_calls == n_calls
