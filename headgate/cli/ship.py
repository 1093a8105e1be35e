"""``promote``, ``rollback``, ``hold`` and ``release``."""

import click
from pydantic import JsonValue

from headgate.artifacts.loading import load_version
from headgate.cli.flow_runs import promoted_text, run_flow
from headgate.cli.session import Session, command, version_ref
from headgate.documents.ledger import LedgerEntry
from headgate.ledger import entries as ledger
from headgate.ledger import holding
from headgate.ledger import promotion as rules
from headgate.ledger import rollback as rolling
from headgate.names import new_run_id
from headgate.versions import read_manifest, resolve

reason_option = click.option("--reason", default="", help="Why; written in the ledger.")


@click.command()
@click.argument("model")
@click.argument("version", required=False)
@reason_option
@click.option("--gate-id", help="The gate report to promote by; default: the version's newest.")
@click.option("--override", is_flag=True, help="Go past the gate, by your name; needs a reason.")
@click.option("--direct", is_flag=True, help="Append at once, without a flow run or Prefect.")
@click.option("--run-id", help="Name of this piece of work; repeating it repeats nothing.")
@click.option("--no-wait", is_flag=True, help="Print the run_id and do not wait.")
@command
def promote(
    session: Session,
    model: str,
    version: str | None,
    *,
    reason: str,
    gate_id: str | None,
    override: bool,
    direct: bool,
    run_id: str | None,
    no_wait: bool,
) -> None:
    """Make a version champion, by a PASS whose champion is still the champion."""
    manifest = resolve(session.store, version_ref(model, version))
    run_id = run_id or new_run_id()
    # A person's override is that person's act, so it is never a parameter of a flow.
    if not (direct or override):
        parameters: dict[str, JsonValue] = {
            "model": manifest.model,
            "version": manifest.version,
            "gate_id": gate_id,
            "reason": reason,
        }
        run_flow(session, "promote", run_id, parameters, promoted_text, wait=not no_wait)
        return
    entry = rules.promote(
        session.proven_store,
        manifest.model,
        manifest.version,
        session.act(reason, run_id),
        gate_id=gate_id,
        override=override,
    )
    _answer(session, entry)


@click.command()
@click.argument("model")
@reason_option
@click.option("--run-id", help="Name of this piece of work; repeating it repeats nothing.")
@command
def rollback(session: Session, model: str, *, reason: str, run_id: str | None) -> None:
    """Undo the latest promotion and hold the model; works without Prefect."""
    store, settings = session.proven_store, session.settings
    done = [e for e in ledger.read_entries(store, model) if e.run_id == run_id]
    if done and done[0].kind == "rollback":
        _answer(session, done[0])
        return
    target = rolling.rollback_target(store, model)
    # Loading checks every digest and the golden rows: what comes back must be servable.
    load_version(
        store,
        read_manifest(store, model, target),
        trusted_types=settings.trusted_types,
        models_dirs=settings.models_dirs,
    )
    _answer(session, rolling.rollback(store, model, session.act(reason, run_id), target=target))


@click.command()
@click.argument("model")
@reason_option
@command
def hold(session: Session, model: str, *, reason: str) -> None:
    """Let nothing be promoted until it is released; works without Prefect."""
    _answer(session, holding.hold(session.proven_store, model, session.act(reason)))


@click.command()
@click.argument("model")
@reason_option
@command
def release(session: Session, model: str, *, reason: str) -> None:
    """End a hold; works without Prefect."""
    _answer(session, holding.release(session.proven_store, model, session.act(reason)))


def _answer(session: Session, entry: LedgerEntry) -> None:
    before = ledger.read_entry(session.store, entry.model, entry.seq - 1) if entry.seq > 1 else None
    previous = before.state.champion if before else None
    document: dict[str, JsonValue] = {
        "seq": entry.seq,
        "kind": entry.kind,
        "model": entry.model,
        "version": entry.state.champion,
        "previous": previous,
        "by": str(entry.by),
        "reason": entry.reason,
        "at": entry.at.isoformat(),
        "hold": entry.state.hold is not None,
    }
    session.answer(document, _text(entry, previous))


def _text(entry: LedgerEntry, previous: str | None) -> str:
    held = " It is on hold: headgate release ends that." if entry.state.hold else ""
    live = f"{entry.model}@{entry.state.champion or 'none'}"
    if entry.kind in ("hold", "release"):
        return f"{entry.kind.capitalize()} of {entry.model}, ledger entry {entry.seq}.{held}"
    verb = "Rolled back to" if entry.kind == "rollback" else "Promoted"
    return f"{verb} {live} (was {previous or 'none'}), ledger entry {entry.seq}.{held}"
