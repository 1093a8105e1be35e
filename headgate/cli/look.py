"""``models`` and ``ledger``: what there is, what is live, and how it came about."""

from datetime import datetime

import click
from pydantic import JsonValue

from headgate.cli.serving_note import serving_note
from headgate.cli.session import Session, command, table
from headgate.documents.ledger import LedgerEntry
from headgate.documents.proof import NEVER_TRIED, SCIKIT_LEARN
from headgate.documents.version import Manifest
from headgate.errors import IntegrityError, UsageError
from headgate.ledger import entries as ledger_module
from headgate.ledger.audit import verify
from headgate.names import check_model_name
from headgate.versions import (
    ModelNotFoundError,
    latest,
    list_manifests,
    list_models,
    version_numbers,
)


@click.command()
@click.argument("model", required=False)
@command
def models(session: Session, model: str | None) -> None:
    """List the models, or the versions of one MODEL."""
    if model is None:
        _list_models(session)
    else:
        _list_versions(session, check_model_name(model))


@click.command()
@click.argument("model")
@click.option("--verify", "check", is_flag=True, help="Check every entry and all seen heads.")
@click.option("--at", "at", metavar="TIME", help="What was live then: 2026-01-31T12:00Z.")
@command
def ledger(session: Session, model: str, *, check: bool, at: str | None) -> None:
    """Show what was live, when, why and by whom; works without Prefect."""
    check_model_name(model)
    if check:
        _verify(session, model)
    elif at is not None:
        state = ledger_module.champion_at(session.store, model, _time(at))
        live = state.champion or "none"
        session.answer(
            {"model": model, "at": at, "champion": state.champion, "seq": state.champion_seq},
            f"At {at} the champion of {model} was {live} (ledger entry {state.champion_seq}).",
        )
    else:
        entries = ledger_module.read_entries(session.store, model)
        if not entries and not version_numbers(session.store, model):
            raise ModelNotFoundError(model, list_models(session.store))
        document: dict[str, JsonValue] = {
            "model": model,
            "entries": [e.model_dump(mode="json") for e in entries],
        }
        note = serving_note(session.api_url, model, entries) if entries else None
        if note is not None:
            document["note"] = note
            session.note(note)
        session.answer(document, _entries_table(entries) if entries else "No entry yet.")


def _list_models(session: Session) -> None:
    rows, listed = [], list[JsonValue]()
    for name in list_models(session.store):
        head = ledger_module.read_head(session.store, name)
        newest = latest(session.store, name)
        champion = head.state.champion if head else None
        held = head is not None and head.state.hold is not None
        version = newest.version if newest else None
        listed.append({"model": name, "champion": champion, "latest": version, "hold": held})
        since = f"{head.at:%Y-%m-%d %H:%M}" if head else ""
        rows.append((name, champion or "none", version or "", since, "on hold" if held else ""))
    text = table(rows, ("MODEL", "CHAMPION", "LATEST", "LAST CHANGE (UTC)", ""))
    session.answer(
        {"models": listed},
        text if rows else f"No model in {session.store.url} yet. Train one: headgate retrain iris",
    )


def _list_versions(session: Session, model: str) -> None:
    manifests = list_manifests(session.store, model)
    if not manifests:
        raise ModelNotFoundError(model, list_models(session.store))
    head = ledger_module.read_head(session.store, model)
    champion = head.state.champion if head else None
    rows, listed = [], list[JsonValue]()
    for m in manifests:
        metric = m.rules.metrics.primary
        listed.append(
            {
                "version": m.version,
                "champion": m.version == champion,
                "created_at": m.created_at.isoformat(),
                "origin": m.origin,
                "run_id": m.run_id,
                "metrics": dict(m.metrics),
                "engine": m.proof.engine if m.proof else SCIKIT_LEARN,
                "proven": m.proof is not None and m.proof.proven,
                "engine_reason": m.proof.reason if m.proof else NEVER_TRIED,
            }
        )
        value = m.metrics.get(metric)
        shown = f"{metric} {value:.4f}" if value is not None else f"{metric} missing"
        mark = "champion" if m.version == champion else ""
        created = f"{m.created_at:%Y-%m-%d %H:%M}"
        rows.append((m.version, mark, created, shown, _engine(m), m.run_id))
    text = table(rows, ("VERSION", "", "CREATED (UTC)", "HOLDOUT", "SERVED BY", "RUN"))
    session.answer({"model": model, "champion": champion, "versions": listed}, text)


def _engine(manifest: Manifest) -> str:
    proof = manifest.proof
    if proof is None or not proof.proven:
        return f"{SCIKIT_LEARN} (not proven)"
    return f"{proof.engine} (proven)" if proof.uses_compiled else proof.engine


def _verify(session: Session, model: str) -> None:
    problems = verify(session.store, model)
    n_entries = len(ledger_module.entry_seqs(session.store, model))
    if problems:
        found = "; ".join(f"entry {p.seq} {p.detail}" for p in problems)
        raise IntegrityError(f"The ledger of {model!r} is not whole: {found}.")
    session.answer(
        {"model": model, "entries": n_entries, "whole": True},
        f"The ledger of {model} is whole: {n_entries} entries, chain and all seen heads agree.",
    )


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as err:
        raise UsageError(f"{text!r} is not a time. Write it as 2026-01-31T12:00:00Z.") from err
    if at.tzinfo is None:
        raise UsageError(f"{text!r} has no time zone. Add Z for UTC.")
    return at


def _entries_table(entries: tuple[LedgerEntry, ...]) -> str:
    rows = [
        (
            str(e.seq),
            f"{e.at:%Y-%m-%d %H:%M:%S}",
            e.kind + (" (override)" if e.override else ""),
            e.state.champion or "none",
            f"{e.state.canary.version} {100 * e.state.canary.share:g}%" if e.state.canary else "",
            "on hold" if e.state.hold else "",
            str(e.by),
            e.reason,
        )
        for e in entries
    ]
    return table(rows, ("SEQ", "AT (UTC)", "KIND", "CHAMPION", "CANARY", "", "BY", "REASON"))
