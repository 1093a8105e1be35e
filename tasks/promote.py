"""Promoting: append to the ledger, then look whether it is so."""

from prefect.logging import get_run_logger

from headgate.documents.ledger import LedgerEntry
from headgate.errors import IntegrityError
from headgate.ledger import entries as ledger
from headgate.ledger import promotion
from headgate.ledger.acts import Act
from headgate.ledger.audit import verify
from headgate.ledger.canary import start_canary
from headgate.ledger.notice import NOTICE, Notice
from headgate.timing import utc_now
from tasks import opening, showing
from tasks.caching import always
from tasks.recording import current
from tasks.results import PromoteResult


@always
def append_promotion(
    run_id: str,
    model: str,
    version: str,
    gate_id: str | None,
    reason: str,
    canary: float | None = None,
) -> LedgerEntry:
    """Make the version champion, or a canary, if its gate report still allows it; once per run."""
    act = Act(run_id=run_id, by=current().by, reason=reason, now=utc_now())
    store = opening.store()
    if canary is None:
        entry = promotion.promote(store, model, version, act, gate_id=gate_id)
    else:
        entry = start_canary(store, model, version, canary, act, gate_id=gate_id)
    Notice(opening.settings().store_cache / NOTICE).give()
    part = "champion" if canary is None else f"a canary with {canary:.4g} of the traffic"
    get_run_logger().info("%s@%s is %s by ledger entry %d", model, version, part, entry.seq)
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
