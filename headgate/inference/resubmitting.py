"""Whether an attempt without an outcome is dead, and what follows: another attempt, or the end."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from headgate.documents.runs import Attempt
from headgate.inference.ports import StartedRun
from headgate.runs import records as runs
from headgate.runs.status import LOST_AFTER_SECONDS, BeatWatch, RunFacts
from headgate.store import Store

ENDED_STATES = ("FAILED", "CRASHED", "COMPLETED")
UNDER_WAY_STATES = ("PENDING", "RUNNING")
# A process imports a good deal before its heart beats; on a busy machine that takes long.
FIRST_BEAT_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Death:
    """Why an attempt will never end by itself, and whether somebody wanted that."""

    kind: Literal["cancelled", "lost"]
    reason: str


class Vitals:
    """Judges attempts by what Prefect says and by heartbeats, on this process' own clock."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._beats = BeatWatch(monotonic)
        self._silent_since: dict[tuple[str, int], float] = {}

    def death_of(self, facts: RunFacts, flow_run: StartedRun) -> Death | None:
        """Return the death of the run's last attempt, or None while it may still end by itself."""
        if flow_run.state_type == "CANCELLED":
            return Death("cancelled", "its flow run was cancelled in Prefect")
        if flow_run.state_type in ENDED_STATES:
            said = flow_run.state_message or flow_run.state_name or flow_run.state_type
            reason = f"its process ended without an outcome; Prefect says: {said}"
            return Death("lost", reason)
        silence = self._silence_of(facts, flow_run)
        if silence is None:
            return None
        if flow_run.state_type == "CANCELLING":
            return Death("cancelled", "its flow run was being cancelled in Prefect and fell silent")
        return Death("lost", silence)

    def _silence_of(self, facts: RunFacts, flow_run: StartedRun) -> str | None:
        key = (facts.run_id, facts.attempts[-1].number)
        if facts.beat is not None or flow_run.state_type not in UNDER_WAY_STATES:
            self._silent_since.pop(key, None)
            seconds, limit = self._beats.age_seconds(facts), LOST_AFTER_SECONDS
        else:
            now = self._monotonic()
            seconds, limit = now - self._silent_since.setdefault(key, now), FIRST_BEAT_SECONDS
        return f"no heartbeat for {seconds:.0f} s" if seconds > limit else None


def next_attempt(store: Store, facts: RunFacts, why: str, max_attempts: int) -> Attempt | None:
    """Open the attempt after a lost one, or end the run after too many; None when it has ended.

    Everybody who sees the same lost attempt opens the same next one.
    """
    last = facts.attempts[-1]
    n_lost = last.number - max(facts.outcomes, default=0)
    if n_lost >= max_attempts:
        reason = f"given up after {n_lost} attempts: {why}"
        runs.end_attempt(store, last, "failed", reason=reason)
        return None
    opened = runs.open_attempt(
        store, last.run_id, last.flow, by_submitter=True, number=last.number + 1
    )
    # A cancel writes the outcome, then looks for a newer attempt: one of us sees the other.
    outcome = runs.read_outcomes(store, last.run_id).get(last.number)
    if outcome is not None:
        runs.end_attempt(store, opened, outcome.kind, reason=outcome.reason, result=outcome.result)
        return None
    return opened
