"""Cancel a run; it holds whether Prefect is there or not."""

import logging

from headgate.documents.runs import Attempt, Outcome
from headgate.errors import ConflictError, HeadgateError
from headgate.inference import markers
from headgate.inference.accepting import FLOW
from headgate.inference.flow_runs import cancel_flow_run
from headgate.inference.ports import FlowRuns
from headgate.runs import records as runs
from headgate.runs.status import RunFacts, read_facts
from headgate.store import Store

log = logging.getLogger(__name__)


class CancelledRunError(ConflictError):
    """The run was cancelled, which is final for its run_id."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(
            f"Run {outcome.run_id!r} was cancelled at {outcome.at:%Y-%m-%d %H:%M:%S} UTC "
            f"({outcome.reason or 'no reason given'}) and stays so. Ask for it under a new run_id."
        )
        self.outcome = outcome


def check_not_cancelled(store: Store, run_id: str) -> None:
    """Refuse to go on with a run of which any attempt was cancelled.

    Raises:
        CancelledRunError: if one was.
    """
    for outcome in runs.read_outcomes(store, run_id).values():
        if outcome.kind == "cancelled":
            raise CancelledRunError(outcome)


def cancel(store: Store, client: FlowRuns | None, run_id: str, *, by: str, reason: str) -> Outcome:
    """Cancel a run of any flow and return its outcome; what its runner still does does not count.

    Idempotent. Without Prefect a batch inference keeps its marker, so that a submitter cancels
    the flow run later.

    Raises:
        ConflictError: if the run is completed or failed.
        RunNotFoundError: if nothing is known under this run_id.
    """
    words = f"cancelled by {by}: {reason}" if reason else f"cancelled by {by}"
    facts = read_facts(store, run_id)
    # Until the last attempt has an outcome: meanwhile another one may have been opened.
    while facts.last_outcome is None:
        runs.end_attempt(store, _last_attempt(store, facts), "cancelled", reason=words)
        facts = read_facts(store, run_id)
    outcome = facts.last_outcome
    if outcome.kind != "cancelled":
        raise ConflictError(
            f"Run {run_id!r} cannot be cancelled: it is {outcome.kind} since "
            f"{outcome.at:%Y-%m-%d %H:%M:%S} UTC."
        )
    if client is not None and _reached(client, facts):
        _delete_markers(store, facts)
    return outcome


def _last_attempt(store: Store, facts: RunFacts) -> Attempt:
    if facts.attempts:
        return facts.attempts[-1]
    flow = facts.request.flow if facts.request else FLOW
    return runs.open_attempt(store, facts.run_id, flow, by_submitter=True, number=1)


def _reached(client: FlowRuns, facts: RunFacts) -> bool:
    try:
        for attempt in facts.attempts:
            cancel_flow_run(client, attempt)
    except HeadgateError as err:
        log.warning("flow run of cancelled run %s not cancelled yet: %s", facts.run_id, err)
        return False
    return True


def _delete_markers(store: Store, facts: RunFacts) -> None:
    if facts.request is not None and facts.request.flow == FLOW:
        for marker in markers.all_markers(facts.request, facts.outcomes.values()):
            store.delete(marker.key)
