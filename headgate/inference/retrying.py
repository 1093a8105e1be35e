"""Try a failed batch inference again."""

from typing import NoReturn

from headgate.documents.runs import Attempt, Outcome, Request
from headgate.errors import ConflictError
from headgate.inference import markers
from headgate.inference.accepting import FLOW
from headgate.runs import records as runs
from headgate.runs.status import RunFacts, RunNotFoundError, read_facts
from headgate.store import Store


def retry(store: Store, run_id: str, *, lost: bool = False) -> Attempt:
    """Open the next attempt of a failed run and have it submitted; return that attempt.

    Idempotent: while a retry is open it is the one returned. ``lost`` says that the caller knows
    the open attempt to be dead (see `headgate.runs.status`); it is then ended as failed first.

    Raises:
        ConflictError: if the run is completed, cancelled, or still on its first attempt.
        RunNotFoundError: if nothing was asked under this run_id.
    """
    facts = read_facts(store, run_id)
    request = _request(facts)
    outcome = facts.last_outcome
    if outcome is None and lost and facts.attempts:
        reason = "lost: its process is gone"
        outcome = runs.end_attempt(store, facts.attempts[-1], "failed", reason=reason)
    if outcome is None:
        attempt = _open_retry(facts)
        markers.put_marker(store, _marker_of_open(request, facts))
        return attempt
    if outcome.kind != "failed":
        _refuse(outcome)
    # First the marker: an open attempt without one would be started by nobody.
    marker = markers.retry_marker(request, outcome)
    markers.put_marker(store, marker)
    number = outcome.attempt + 1
    attempt = runs.open_attempt(store, run_id, FLOW, by_submitter=True, number=number)
    # A submitter that saw the run still failed has cleared it: one of us sees the other.
    markers.put_marker(store, marker)
    return attempt


def _request(facts: RunFacts) -> Request:
    if facts.request is None:
        raise RunNotFoundError(facts.run_id)
    if facts.request.flow != FLOW:
        raise ConflictError(
            f"Run {facts.run_id!r} is a {facts.request.flow} run, not a batch inference. Start "
            "that flow again with the same run_id: it goes on from its finished tasks."
        )
    return facts.request


def _marker_of_open(request: Request, facts: RunFacts) -> markers.Marker:
    """Return the marker that an open retry has: attempts that were lost left no outcome."""
    if not facts.outcomes:
        return markers.request_marker(request)
    return markers.retry_marker(request, facts.outcomes[max(facts.outcomes)])


def _open_retry(facts: RunFacts) -> Attempt:
    if len(facts.attempts) > 1:
        return facts.attempts[-1]
    raise ConflictError(
        f"Run {facts.run_id!r} cannot be tried again: it has not ended. Wait for it (headgate "
        f"status {facts.run_id}) or cancel it first."
    )


def _refuse(outcome: Outcome) -> NoReturn:
    raise ConflictError(
        f"Run {outcome.run_id!r} cannot be tried again: it is {outcome.kind} since "
        f"{outcome.at:%Y-%m-%d %H:%M:%S} UTC. Ask for it under a new run_id."
    )
