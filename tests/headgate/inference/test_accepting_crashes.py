from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from headgate.documents.runs import InferBody
from headgate.inference.accepting import (
    Limits,
    accept,
)
from headgate.inference.cancelling import cancel
from headgate.inference.submitting import Submitter
from headgate.runs import records as runs
from headgate.store import Store
from tests.builders import NOON
from tests.headgate.inference.arranging import ROWS, FakePrefect, ask, pending_runs


class DiesAt:
    """A store whose writer is killed just before it writes a key of this kind."""

    def __init__(self, store: Store, kind: str) -> None:
        self._store = store
        self._kind = kind

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        if key.startswith(self._kind):
            raise KeyboardInterrupt
        return self._store.put_if_absent(key, data)


def test_many_threads_with_one_key_make_one_run(store: Store) -> None:
    with ThreadPoolExecutor(8) as threads:
        accepted = list(threads.map(lambda n: ask(store, "key-1", minutes=n), range(16)))

    assert sum(a.created for a in accepted) == 1
    assert len({a.request.nonce for a in accepted}) == 1
    assert pending_runs(store) == [accepted[0].request.run_id]


def test_a_crash_before_the_request_leaves_only_a_marker_and_can_be_repeated(
    store: Store,
) -> None:
    with pytest.raises(KeyboardInterrupt):
        ask(DiesAt(store, "runs/"), run_id="r1")  # type: ignore[arg-type]
    left, request = pending_runs(store), runs.read_request(store, "r1")

    assert (left, request) == (["r1"], None)
    assert ask(store, run_id="r1", minutes=1).created


def test_a_crash_before_the_marker_leaves_nothing(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt):
        ask(DiesAt(store, "pending/"), run_id="r1")  # type: ignore[arg-type]

    assert pending_runs(store) == []
    assert runs.read_request(store, "r1") is None


class SweptBeforeRequest:
    """A store on which a submitter with a wrong clock sweeps just before a request is put."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        if key.endswith("request.json"):
            ahead = NOON + timedelta(days=1)
            Submitter(self._store, FakePrefect(), clock=lambda: ahead).run_once()
            assert pending_runs(self._store) == []
        return self._store.put_if_absent(key, data)


def test_a_submitter_with_a_wrong_clock_loses_no_request(store: Store) -> None:
    ask(SweptBeforeRequest(store), run_id="r1")  # type: ignore[arg-type]

    assert pending_runs(store) == ["r1"]


def test_repeating_a_request_restores_a_lost_marker(store: Store) -> None:
    ask(store, run_id="r1")
    for info in list(store.list("pending/")):
        store.delete(info.key)

    ask(store, run_id="r1", minutes=9)

    assert pending_runs(store) == ["r1"]


def test_repeating_an_ended_request_puts_no_marker(store: Store) -> None:
    request = ask(store, run_id="r1").request
    cancel(store, None, "r1", by="alice", reason="")
    for info in list(store.list("pending/")):
        store.delete(info.key)

    assert ask(store, run_id="r1").request == request
    assert pending_runs(store) == []


def test_a_flow_run_that_records_its_own_request_puts_no_marker(store: Store) -> None:
    body = InferBody(model="iris", instances=ROWS)

    for _ in range(2):
        accept(
            store,
            body,
            caller="flow",
            idempotency_key="k",
            now=NOON,
            limits=Limits(),
            submit=False,
        )

    assert pending_runs(store) == []
