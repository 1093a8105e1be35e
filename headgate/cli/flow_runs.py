"""Start a flow run for a command, show how it goes, and answer with its result."""

from collections.abc import Callable, Mapping

from pydantic import JsonValue

from headgate.cli.session import Session
from headgate.errors import (
    HeadgateError,
    InconclusiveError,
    LostRaceError,
    RefusedError,
    UnreachableError,
    UsageError,
)
from headgate.names import check_run_id
from headgate.runs.following import Started, follow, start_run
from headgate.runs.status import RunStatus

ERRORS: dict[int, type[HeadgateError]] = {
    kind.exit_code: kind
    for kind in (UsageError, RefusedError, LostRaceError, UnreachableError, InconclusiveError)
}


class RunLostError(HeadgateError):
    """The process of a run died or stands still."""


def run_flow(
    session: Session,
    flow: str,
    run_id: str,
    parameters: Mapping[str, JsonValue],
    text: Callable[[dict[str, JsonValue]], str],
    *,
    wait: bool,
) -> dict[str, JsonValue] | None:
    """Start ``flow/default`` and answer with its result, or with its run_id when not waiting.

    Raises:
        HeadgateError: of the kind the flow ended with, so that the exit code is its own.
    """
    result = await_flow(session, flow, run_id, parameters, wait=wait)
    if result is not None:
        session.answer(result, text(result))
    return result


def await_flow(
    session: Session,
    flow: str,
    run_id: str,
    parameters: Mapping[str, JsonValue],
    *,
    wait: bool,
) -> dict[str, JsonValue] | None:
    """Start ``flow/default`` and return its result; None, with the run_id told, when not waiting.

    A run that was under way already and turns out to be dead gets its next attempt.

    Raises:
        HeadgateError: of the kind the flow ended with.
    """
    client = session.reachable_client()

    def start(*, lost: bool) -> Started:
        return start_run(
            session.proven_store,
            client,
            flow,
            check_run_id(run_id),
            parameters,
            str(session.principal),
            lost=lost,
        )

    started = start(lost=False)
    if not wait:
        session.answer(
            {"run_id": run_id, "status": "queued"},
            f"Started {flow} as run {run_id}. See how it goes: headgate status {run_id}",
        )
        return None
    try:
        return wait_for(session, started)
    except RunLostError as err:
        if not started.attached:
            raise
        session.note(f"{err} Starting its next attempt.")
        return wait_for(session, start(lost=True))


def wait_for(
    session: Session, started: Started, resubmit: Callable[[], object] | None = None
) -> dict[str, JsonValue]:
    """Follow a run and return its result; see `headgate.runs.following.follow` for ``resubmit``.

    Raises:
        HeadgateError: of the kind it ended with.
    """
    status = follow(
        session.store, session.client, started, lambda s: _tell(session, s), resubmit=resubmit
    )
    if status.status == "completed":
        return status.result
    raise ended_badly(status)


def promoted_text(result: dict[str, JsonValue]) -> str:
    """Return a promotion's result as a person reads it."""
    share = result.get("canary")
    if isinstance(share, float):
        return (
            f"Canary {result.get('model')}@{result.get('version')} takes {100 * share:g}% of the "
            f"traffic of {result.get('previous')}, ledger entry {result.get('seq')}."
        )
    return (
        f"Promoted {result.get('model')}@{result.get('version')} (was "
        f"{result.get('previous') or 'none'}), ledger entry {result.get('seq')}."
    )


def ended_badly(status: RunStatus) -> HeadgateError:
    """Return the error of a run that did not complete; its kind decides the exit code."""
    if status.status == "lost":
        return RunLostError(
            f"Run {status.run_id} was lost: {status.reason.rstrip('.')}. Its finished tasks "
            f"are kept; run the same command with --run-id {status.run_id} to go on from there."
        )
    if status.status == "cancelled":
        return HeadgateError(f"Run {status.run_id} was cancelled: {status.reason}.")
    code = status.result.get("exit_code")
    kind = ERRORS.get(code, HeadgateError) if isinstance(code, int) else HeadgateError
    return kind(status.reason)


def _tell(session: Session, status: RunStatus) -> None:
    rows = f" {status.n_done}/{status.n_total}" if status.n_total else ""
    reason = f" ({status.reason})" if status.reason and status.status != "failed" else ""
    session.note(f"{status.flow} {status.run_id}: {status.status}{rows}{reason}")
