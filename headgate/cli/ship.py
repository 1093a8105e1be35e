"""``promote``, ``rollback``, ``hold`` and ``release``."""

import click
from pydantic import JsonValue

from headgate.artifacts.files import check_files
from headgate.artifacts.serving import load_scorer
from headgate.cli.flow_runs import promoted_text, run_flow
from headgate.cli.session import Session, command, version_ref
from headgate.documents.ledger import LedgerEntry, LedgerState
from headgate.ledger import entries as ledger
from headgate.ledger import holding
from headgate.ledger import promotion as rules
from headgate.ledger import rollback as rolling
from headgate.ledger.canary import parse_share, start_canary
from headgate.names import new_run_id
from headgate.versions import read_manifest, resolve

reason_option = click.option("--reason", default="", help="Why; written in the ledger.")


@click.command()
@click.argument("model")
@click.argument("version", required=False)
@reason_option
@click.option("--gate-id", help="The gate report to promote by; default: the version's newest.")
@click.option("--override", is_flag=True, help="Go past the gate, by your name; needs a reason.")
@click.option("--canary", metavar="SHARE", help="Give it a share of the traffic only, such as 10%.")
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
    canary: str | None,
    direct: bool,
    run_id: str | None,
    no_wait: bool,
) -> None:
    """Make a version champion, by a PASS whose champion is still the champion."""
    share = parse_share(canary) if canary is not None else None
    manifest = resolve(session.store, version_ref(model, version))
    run_id = run_id or new_run_id()
    # A person's override is that person's act, so it is never a parameter of a flow.
    if not (direct or override):
        parameters: dict[str, JsonValue] = {
            "model": manifest.model,
            "version": manifest.version,
            "gate_id": gate_id,
            "reason": reason,
            "canary": share,
        }
        run_flow(session, "promote", run_id, parameters, promoted_text, wait=not no_wait)
        return
    store, act = session.proven_store, session.act(reason, run_id)
    what = (store, manifest.model, manifest.version)
    if share is None:
        entry = rules.promote(*what, act, gate_id=gate_id, override=override)
    else:
        entry = start_canary(*what, share, act, gate_id=gate_id, override=override)
    _answer(session, entry)


@click.command()
@click.argument("model")
@reason_option
@click.option("--run-id", help="Name of this piece of work; repeating it repeats nothing.")
@command
def rollback(session: Session, model: str, *, reason: str, run_id: str | None) -> None:
    """Take back the canary, else the latest promotion, and hold the model; without Prefect."""
    store, settings = session.proven_store, session.settings
    done = [e for e in ledger.read_entries(store, model) if e.run_id == run_id]
    if done and done[0].kind == "rollback":
        _answer(session, done[0])
        return
    target = rolling.rollback_target(store, model)
    manifest = read_manifest(store, model, target)
    # What comes back must be whole, not only in the files that serve it, and servable.
    check_files(store, manifest.files)
    load_scorer(
        store,
        manifest,
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
    session.tell_followers()
    before = ledger.read_entry(session.store, entry.model, entry.seq - 1) if entry.seq > 1 else None
    previous = before.state if before else LedgerState()
    canary = entry.state.canary
    document: dict[str, JsonValue] = {
        "seq": entry.seq,
        "kind": entry.kind,
        "model": entry.model,
        "version": entry.subject,
        "previous": previous.champion,
        "canary": canary.model_dump(mode="json") if canary else None,
        "by": str(entry.by),
        "reason": entry.reason,
        "at": entry.at.isoformat(),
        "hold": entry.state.hold is not None,
    }
    session.answer(document, _text(entry, previous))


def _text(entry: LedgerEntry, previous: LedgerState) -> str:
    held = " It is on hold: headgate release ends that." if entry.state.hold else ""
    live = f"{entry.model}@{entry.state.champion or 'none'}"
    where = f"ledger entry {entry.seq}.{held}"
    if entry.kind in ("hold", "release"):
        return f"{entry.kind.capitalize()} of {entry.model}, {where}"
    if entry.kind == "canary":
        return _canary_text(entry, where)
    if entry.kind == "rollback" and previous.canary is not None:
        return f"Took back the canary {previous.canary.version}; {live} answers all again, {where}"
    verb = "Rolled back to" if entry.kind == "rollback" else "Promoted"
    return f"{verb} {live} (was {previous.champion or 'none'}), {where}"


def _canary_text(entry: LedgerEntry, where: str) -> str:
    canary = entry.state.canary
    share = f"{100 * canary.share:g}%" if canary else "no share"
    return (
        f"Canary {entry.model}@{entry.subject} takes {share} of the traffic of "
        f"{entry.state.champion}, {where} Finish it: headgate promote {entry.model} "
        f"{entry.subject}; take it back: headgate rollback {entry.model} --reason TEXT."
    )
