"""The record of one piece of work: its request, its attempts, their heartbeats and outcomes."""

import logging
import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from uuid import uuid4

from pydantic import JsonValue

from headgate.documents.runs import Attempt, Beat, Outcome, OutcomeKind, Request
from headgate.errors import HeadgateError
from headgate.names import check_run_id
from headgate.store import Store

BEAT_SECONDS = 10.0

log = logging.getLogger(__name__)


def request_key(run_id: str) -> str:
    """Return where a run's request lies."""
    return f"runs/{check_run_id(run_id)}/request.json"


def attempt_key(run_id: str, number: int) -> str:
    """Return where an attempt lies."""
    return f"runs/{check_run_id(run_id)}/attempts/{number:04d}.json"


def beat_key(run_id: str, number: int) -> str:
    """Return where an attempt's heartbeat lies."""
    return f"runs/{check_run_id(run_id)}/attempts/{number:04d}.beat"


def outcome_key(run_id: str, number: int) -> str:
    """Return where an attempt's outcome lies."""
    return f"runs/{check_run_id(run_id)}/outcomes/{number:04d}.json"


def read_request(store: Store, run_id: str) -> Request | None:
    """Return what was asked under a run_id, or None."""
    data = store.find(request_key(run_id))
    return None if data is None else Request.from_bytes(data, request_key(run_id))


def record_request(store: Store, request: Request) -> Request:
    """Store a request once and return the one that is stored under its run_id."""
    store.put_if_absent(request_key(request.run_id), request.to_bytes())
    return Request.from_bytes(store.get(request_key(request.run_id)), request_key(request.run_id))


def read_attempts(store: Store, run_id: str) -> list[Attempt]:
    """Return a run's attempts, the first one first."""
    names = store.names(f"runs/{check_run_id(run_id)}/attempts")
    keys = [f"runs/{run_id}/attempts/{name}" for name in names if name.endswith(".json")]
    attempts = [Attempt.from_bytes(store.get(key), key) for key in keys]
    return sorted(attempts, key=lambda attempt: attempt.number)


def read_outcomes(store: Store, run_id: str) -> dict[int, Outcome]:
    """Return the outcomes of a run by the number of their attempt."""
    names = store.names(f"runs/{check_run_id(run_id)}/outcomes")
    keys = [f"runs/{run_id}/outcomes/{name}" for name in names if name.endswith(".json")]
    outcomes = [Outcome.from_bytes(store.get(key), key) for key in keys]
    return {outcome.attempt: outcome for outcome in sorted(outcomes, key=lambda o: o.attempt)}


def read_beat(store: Store, run_id: str, number: int) -> Beat | None:
    """Return an attempt's latest heartbeat, or None before the first."""
    data = store.find(beat_key(run_id, number))
    return None if data is None else Beat.from_bytes(data, beat_key(run_id, number))


def completed_outcome(store: Store, run_id: str) -> Outcome | None:
    """Return the outcome that ended the run for ever, or None."""
    for outcome in read_outcomes(store, run_id).values():
        if outcome.kind == "completed":
            return outcome
    return None


def open_attempt(
    store: Store,
    run_id: str,
    flow: str,
    *,
    by_submitter: bool = False,
    flow_run_id: str | None = None,
    number: int | None = None,
) -> Attempt:
    """Open an attempt: ``number`` if given (opened already is fine), else win the next one."""
    wanted = number or len(read_attempts(store, run_id)) + 1
    while True:
        mine = Attempt(
            run_id=run_id,
            flow=flow,
            number=wanted,
            opened_at=datetime.now(UTC),
            opened_by="submitter" if by_submitter else "runner",
            flow_run_id=flow_run_id,
            nonce=uuid4().hex,
        )
        if store.put_if_absent(attempt_key(run_id, wanted), mine.to_bytes()):
            return mine
        if number is not None:
            key = attempt_key(run_id, number)
            return Attempt.from_bytes(store.get(key), key)
        wanted += 1


def end_attempt(
    store: Store,
    attempt: Attempt,
    kind: OutcomeKind,
    *,
    reason: str = "",
    result: dict[str, JsonValue] | None = None,
) -> Outcome:
    """End an attempt and return the outcome that counts: the first one written."""
    key = outcome_key(attempt.run_id, attempt.number)
    mine = Outcome(
        run_id=attempt.run_id,
        flow=attempt.flow,
        attempt=attempt.number,
        kind=kind,
        at=datetime.now(UTC),
        reason=reason,
        result=result or {},
        nonce=uuid4().hex,
    )
    if store.put_if_absent(key, mine.to_bytes()):
        return mine
    return Outcome.from_bytes(store.get(key), key)


class Heart:
    """Overwrites one attempt's heartbeat every few seconds until left.

    A store that fails for a while does not stop the work: the next beat tries again.
    """

    def __init__(
        self,
        store: Store,
        attempt: Attempt,
        *,
        flow_run_id: str | None = None,
        seconds: float = BEAT_SECONDS,
    ) -> None:
        self._store = store
        self._attempt = attempt
        self._flow_run_id = flow_run_id
        self._seconds = seconds
        self._count = 0
        self._started_at = datetime.now(UTC)
        self._n_done = 0
        self._n_total: int | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name=f"heart-{attempt.run_id}", daemon=True
        )

    def progress(self, n_done: int, n_total: int | None) -> None:
        """Say how far the work is; the next beat tells it."""
        self._n_done, self._n_total = n_done, n_total

    def __enter__(self) -> Self:
        self._beat()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            self._beat()

    def _beat(self) -> None:
        self._count += 1
        beat = Beat(
            count=self._count,
            started_at=self._started_at,
            at=datetime.now(UTC),
            flow_run_id=self._flow_run_id,
            n_done=self._n_done,
            n_total=self._n_total,
        )
        try:
            self._store.put(beat_key(self._attempt.run_id, self._attempt.number), beat.to_bytes())
        except HeadgateError as err:
            log.warning("heartbeat of run %s not written: %s", self._attempt.run_id, err)
