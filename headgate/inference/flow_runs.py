"""The flow run of an attempt: its key, and its cancellation."""

from contextlib import suppress

from headgate.documents.runs import Attempt
from headgate.errors import NotFoundError
from headgate.inference.ports import FlowRuns


def flow_run_key(attempt: Attempt) -> str:
    """Return the idempotency key under which an attempt's flow run is made."""
    return f"{attempt.flow}/{attempt.run_id}/{attempt.number}"


def cancel_flow_run(client: FlowRuns, attempt: Attempt) -> None:
    """Cancel an attempt's flow run, if there is one that has not ended."""
    flow_run_id = attempt.flow_run_id
    if flow_run_id is None:
        found = client.find_run(attempt.flow, flow_run_key(attempt))
        flow_run_id = found.id if found else None
    if flow_run_id is not None:
        with suppress(NotFoundError):
            client.cancel(flow_run_id)
