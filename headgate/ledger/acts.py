"""An act on the ledger: who, under which run_id, when and why."""

from dataclasses import dataclass
from datetime import datetime

from headgate.documents.ledger import Kind, LedgerEntry, LedgerState, Principal
from headgate.errors import UsageError


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts, under which run_id, when (UTC) and why."""

    run_id: str
    by: Principal
    reason: str
    now: datetime


def check_reason(act: Act, what: str) -> None:
    """Refuse an act that leaves no reason for the record."""
    if not act.reason.strip():
        raise UsageError(f"{what} is written in the ledger with its reason. Give one: --reason.")


def draft_entry(
    kind: Kind,
    model: str,
    act: Act,
    state: LedgerState,
    *,
    gate_id: str | None = None,
    override: bool = False,
    undoes: int | None = None,
) -> LedgerEntry:
    """Return an entry without its place in the chain, which `append` fills in."""
    return LedgerEntry(
        model=model,
        seq=1,
        kind=kind,
        run_id=act.run_id,
        gate_id=gate_id,
        override=override,
        undoes=undoes,
        by=act.by,
        reason=act.reason,
        state=state,
        at=act.now,
        previous_sha256=None,
    )
