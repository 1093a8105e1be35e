"""What is true about a run: computed from what is stored, then from what Prefect says."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from headgate.documents.base import Frozen
from headgate.documents.runs import Attempt, Beat, Outcome, Request
from headgate.errors import NotFoundError
from headgate.runs import records as runs
from headgate.store import Store

Status = Literal[
    "queued", "running", "waiting", "retrying", "completed", "failed", "cancelled", "lost"
]
LOST_AFTER_SECONDS = 45.0
DEAD_STATES = ("FAILED", "CRASHED", "CANCELLED", "COMPLETED")


class RunNotFoundError(NotFoundError):
    """Nothing is known under this run_id."""

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"No run {run_id!r} is known to the store. Check the run_id, or the store's URL."
        )


class RunStatus(Frozen):
    """The truth about one run. Times are UTC; counts are rows for inference, steps otherwise."""

    run_id: str
    flow: str
    status: Status
    reason: str = ""
    attempt: int = 0
    submitted_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    n_done: int = 0
    n_total: int | None = None
    beat_count: int = 0
    n_rows_in: int | None = None
    n_rows_out: int | None = None
    n_rows_rejected: int | None = None
    result_url: str | None = None
    result: dict[str, JsonValue] = {}


@dataclass(frozen=True, slots=True)
class PrefectView:
    """What Prefect says of the last attempt's flow run, or why nobody knows."""

    state_type: str | None = None
    state_name: str | None = None
    message: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What the store holds about a run."""

    run_id: str
    request: Request | None
    attempts: tuple[Attempt, ...]
    outcomes: dict[int, Outcome]
    beat: Beat | None

    @property
    def last_outcome(self) -> Outcome | None:
        completed = [o for o in self.outcomes.values() if o.kind == "completed"]
        if completed:
            return completed[0]
        number = self.attempts[-1].number if self.attempts else max(self.outcomes, default=0)
        return self.outcomes.get(number)


def read_facts(store: Store, run_id: str) -> RunFacts:
    """Return what is stored about a run.

    Raises:
        RunNotFoundError: if nothing is.
    """
    request = runs.read_request(store, run_id)
    attempts = tuple(runs.read_attempts(store, run_id))
    outcomes = runs.read_outcomes(store, run_id)
    if request is None and not attempts and not outcomes:
        raise RunNotFoundError(run_id)
    beat = runs.read_beat(store, run_id, attempts[-1].number) if attempts else None
    return RunFacts(run_id, request, attempts, outcomes, beat)


class BeatWatch:
    """The age of heartbeats by this process' own clock, since the last change it saw."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._seen: dict[tuple[str, int], tuple[int, float]] = {}

    def age_seconds(self, facts: RunFacts) -> float:
        """Return the seconds since this heartbeat was first seen; 0 for one not seen before."""
        if facts.beat is None or not facts.attempts:
            return 0.0
        key = (facts.run_id, facts.attempts[-1].number)
        now = self._monotonic()
        count, since = self._seen.get(key, (-1, now))
        if count != facts.beat.count:
            self._seen[key] = (facts.beat.count, now)
            return 0.0
        return now - since


def run_status(facts: RunFacts, beat_age_seconds: float, prefect: PrefectView) -> RunStatus:
    """Say what is true about a run; an outcome in the store outweighs everything else."""
    outcome = facts.last_outcome
    if outcome is not None:
        return _ended(facts, outcome)
    status, reason = _open_status(facts, beat_age_seconds, prefect)
    return _base(facts).model_copy(
        update={
            "status": status,
            "reason": reason,
            "started_at": facts.beat.started_at if facts.beat else None,
            "n_done": facts.beat.n_done if facts.beat else 0,
            "n_total": facts.beat.n_total if facts.beat else None,
            "beat_count": facts.beat.count if facts.beat else 0,
        }
    )


def _open_status(
    facts: RunFacts, beat_age_seconds: float, prefect: PrefectView
) -> tuple[Status, str]:
    if prefect.state_type in DEAD_STATES:
        said = prefect.message or prefect.state_name or prefect.state_type
        return "lost", f"its process ended without an outcome; Prefect says: {said}"
    if not facts.attempts:
        return "queued", prefect.trouble or "accepted, no flow run yet"
    if facts.beat is not None:
        if beat_age_seconds > LOST_AFTER_SECONDS:
            return "lost", f"no heartbeat for {beat_age_seconds:.0f} s"
        return "running", ""
    waiting: Status = "queued" if len(facts.attempts) == 1 else "retrying"
    return waiting, prefect.trouble or f"Prefect says: {prefect.state_name or 'nothing yet'}"


def _ended(facts: RunFacts, outcome: Outcome) -> RunStatus:
    counts = {
        name: value
        for name in ("n_rows_in", "n_rows_out", "n_rows_rejected")
        if isinstance(value := outcome.result.get(name), int)
    }
    n_rows = counts.get("n_rows_in", 0) if outcome.kind == "completed" else 0
    beat = facts.beat
    return _base(facts).model_copy(
        update={
            "status": outcome.kind,
            "reason": outcome.reason,
            "attempt": outcome.attempt,
            "started_at": beat.started_at if beat else None,
            "ended_at": outcome.at,
            "n_done": n_rows or (beat.n_done if beat else 0),
            "n_total": n_rows or (beat.n_total if beat else None),
            "result": outcome.result,
            "result_url": f"/results/{facts.run_id}"
            if outcome.kind == "completed" and outcome.flow == "batch-infer"
            else None,
            **counts,
        }
    )


def _base(facts: RunFacts) -> RunStatus:
    flow = (
        facts.request.flow
        if facts.request
        else facts.attempts[0].flow
        if facts.attempts
        else next(iter(facts.outcomes.values())).flow
    )
    submitted = facts.request.accepted_at if facts.request else None
    if submitted is None and facts.attempts:
        submitted = facts.attempts[0].opened_at
    return RunStatus(
        run_id=facts.run_id,
        flow=flow,
        status="queued",
        attempt=facts.attempts[-1].number if facts.attempts else 0,
        submitted_at=submitted,
    )
