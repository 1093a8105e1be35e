"""``infer``, ``status``, ``result``, ``cancel`` and ``retry``."""

import time
from pathlib import Path

import click
from pydantic import JsonValue

from headgate.cli.flow_runs import wait_for
from headgate.cli.session import Session, command
from headgate.documents.runs import InferBody
from headgate.errors import NotFoundError
from headgate.inference.accepting import Limits, accept
from headgate.inference.cancelling import cancel as cancel_run
from headgate.inference.results import read_result
from headgate.inference.retrying import retry as retry_run
from headgate.inference.submitting import Submitter
from headgate.names import VersionRef, check_run_id
from headgate.runs.following import Started, current_status
from headgate.runs.status import LOST_AFTER_SECONDS, BeatWatch, RunStatus
from headgate.timing import utc_now

SILENCE_SECONDS = LOST_AFTER_SECONDS


@click.command()
@click.argument("model")
@click.option("--input", "input_uri", required=True, metavar="URI", help="CSV, Parquet, folder.")
@click.option("--output", "output_uri", metavar="URI", help="Folder for the parts.")
@click.option("--run-id", help="Name of this piece of work; repeating it repeats nothing.")
@click.option("--no-wait", is_flag=True, help="Print the run_id and do not wait.")
@command
def infer(
    session: Session,
    model: str,
    *,
    input_uri: str,
    output_uri: str | None,
    run_id: str | None,
    no_wait: bool,
) -> None:
    """Score a file in batch; MODEL@v0003 pins a version."""
    ref = VersionRef.parse(model)
    client = session.reachable_client()
    body = InferBody(
        model=ref.model,
        version=None if ref.version == "champion" else ref.version,
        input_uri=_existing(input_uri),
        output_uri=_absolute(output_uri) if output_uri else None,
        run_id=run_id,
    )
    accepted = accept(
        session.proven_store,
        body,
        caller=str(session.principal),
        idempotency_key=None,
        now=utc_now(),
        limits=Limits(max_inline_rows=session.settings.max_inline_rows),
    )
    name = accepted.request.run_id
    submitter = Submitter(session.store, client)
    submitter.run_once()
    if no_wait:
        session.answer(
            {"run_id": name, "status": "queued"},
            f"Accepted as run {name}. See how it goes: headgate status {name}",
        )
        return
    result = wait_for(session, Started(name, None), resubmit=submitter.run_once)
    session.answer({"run_id": name, **result}, _rows_text(name, result))


@click.command()
@click.argument("run_id")
@command
def status(session: Session, run_id: str) -> None:
    """Tell the truth about a run of any flow."""
    found = _observed(session, check_run_id(run_id))
    progress = f" {found.n_done}/{found.n_total}" if found.n_total else ""
    reason = f": {found.reason}" if found.reason else ""
    session.answer(found, f"{found.flow} {run_id}: {found.status}{progress}{reason}")


@click.command()
@click.argument("run_id")
@command
def result(session: Session, run_id: str) -> None:
    """Show the result of a batch inference."""
    body = read_result(session.store, check_run_id(run_id))
    document = body.model_dump(mode="json")
    session.answer(body, _rows_text(run_id, document))


@click.command()
@click.argument("run_id")
@click.option("--reason", default="", help="Why; kept with the outcome.")
@command
def cancel(session: Session, run_id: str, *, reason: str) -> None:
    """Cancel a run of any flow; works with Prefect away, too."""
    client = session.client if session.client.healthy() else None
    by = str(session.principal)
    outcome = cancel_run(session.store, client, check_run_id(run_id), by=by, reason=reason)
    session.answer({"run_id": run_id, "status": outcome.kind}, f"Run {run_id} is cancelled.")


@click.command()
@click.argument("run_id")
@click.option("--no-wait", is_flag=True, help="Do not wait for the new attempt.")
@command
def retry(session: Session, run_id: str, *, no_wait: bool) -> None:
    """Try a failed batch inference again; finished parts are kept."""
    client = session.reachable_client()
    lost = _observed(session, check_run_id(run_id)).status == "lost"
    attempt = retry_run(session.proven_store, run_id, lost=lost)
    submitter = Submitter(session.store, client)
    submitter.run_once()
    if no_wait:
        document: dict[str, JsonValue] = {
            "run_id": run_id,
            "status": "retrying",
            "attempt": attempt.number,
        }
        session.answer(document, f"Attempt {attempt.number} of run {run_id} was started.")
        return
    rows = wait_for(session, Started(run_id, None), resubmit=submitter.run_once)
    session.answer({"run_id": run_id, **rows}, _rows_text(run_id, rows))


def _observed(session: Session, run_id: str) -> RunStatus:
    """Return a run's status; one that claims to run is watched until its heart beats again."""
    watch = BeatWatch()
    first = current_status(session.store, session.client, watch, run_id)
    found, until = first, time.monotonic() + SILENCE_SECONDS
    while found.status == "running" and time.monotonic() < until:
        time.sleep(0.5)
        before = found
        found = current_status(session.store, session.client, watch, run_id)
        if found.beat_count != before.beat_count:
            return found
    if found.status == "running":
        silent = f"no heartbeat for {SILENCE_SECONDS:.0f} s; its process is gone or stuck"
        return found.model_copy(update={"status": "lost", "reason": silent})
    return found


def _rows_text(run_id: str, result: dict[str, JsonValue]) -> str:
    lines = [
        f"Run {run_id}: {result.get('n_rows_in')} rows in, {result.get('n_rows_out')} out, "
        f"{result.get('n_rows_rejected')} rejected, by {result.get('model')}@"
        f"{result.get('version')}."
    ]
    predictions = result.get("predictions")
    for row in predictions[:10] if isinstance(predictions, list) else []:
        if isinstance(row, dict):
            lines.append(f"  row {row.get('row_id')}: {row.get('prediction')}")
    if result.get("output_uri"):
        lines.append(f"Parts: {result['output_uri']}")
    return "\n".join(lines)


def _absolute(uri: str) -> str:
    return uri if "://" in uri else str(Path(uri).expanduser().resolve())


def _existing(uri: str) -> str:
    """Refuse a local input that is not there, before anything is accepted."""
    found = _absolute(uri)
    if "://" not in found and not any(mark in found for mark in "*?[") and not Path(found).exists():
        raise NotFoundError(f"The input {found!r} does not exist. Check --input.")
    return found
