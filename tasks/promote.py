"""Promoting: append to the ledger, then look whether it is so."""

from prefect.logging import get_run_logger

from headgate.documents.ledger import LedgerEntry
from headgate.errors import IntegrityError
from headgate.ledger import entries as ledger
from headgate.ledger import promotion
from headgate.ledger.acts import Act
from headgate.ledger.audit import verify
from headgate.timing import utc_now
from tasks import opening, showing
from tasks.caching import always
from tasks.recording import current
from tasks.results import PromoteResult


@always
def append_promotion(
    run_id: str, model: str, version: str, gate_id: str | None, reason: str
) -> LedgerEntry:
    """Make the version champion if its gate report still allows it; once per run."""
    act = Act(run_id=run_id, by=current().by, reason=reason, now=utc_now())
    entry = promotion.promote(opening.store(), model, version, act, gate_id=gate_id)
    get_run_logger().info("%s@%s is champion by ledger entry %d", model, version, entry.seq)
    return entry


@always
def verify_promotion(entry: LedgerEntry) -> PromoteResult:
    """Check the whole ledger and repeat its entry outside the store.

    Raises:
        IntegrityError: if the ledger is not whole.
    """
    store = opening.store()
    problems = verify(store, entry.model)
    stored = ledger.read_stored(store, entry.model, entry.seq)
    if problems or stored is None or stored.entry != entry:
        said = "; ".join(f"entry {p.seq}: {p.detail}" for p in problems) or "the entry is not there"
        raise IntegrityError(
            f"The ledger of {entry.model!r} is not whole after entry {entry.seq}: {said}. See "
            f"headgate ledger {entry.model} --verify."
        )
    before = ledger.read_entry(store, entry.model, entry.seq - 1) if entry.seq > 1 else None
    previous = before.state.champion if before else None
    showing.show_head(stored, previous)
    return PromoteResult.of(entry, previous)
