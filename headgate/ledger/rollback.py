"""The rules of rolling back: a canary first, else along the ledger's history; a hold after it."""

from headgate.documents.ledger import Hold, LedgerEntry, LedgerState
from headgate.errors import LostRaceError, RefusedError
from headgate.ledger import entries as ledger
from headgate.ledger.acts import Act, check_reason, draft_entry
from headgate.store import Store


def undone_by_rollback(history: tuple[LedgerEntry, ...]) -> LedgerEntry | None:
    """Return the latest promotion not yet undone, or None."""
    undone = {entry.undoes for entry in history if entry.undoes is not None}
    promotions = [e for e in history if e.kind == "promote" and e.seq not in undone]
    return promotions[-1] if promotions else None


def rollback_target(store: Store, model: str) -> str:
    """Return the version that would answer everything after a rollback.

    Raises:
        RefusedError: if there is no earlier champion to go back to.
    """
    return _target(model, ledger.read_entries(store, model))[1]


def rollback(store: Store, model: str, act: Act, *, target: str) -> LedgerEntry:
    """Take back the canary, else undo the latest promotion not yet undone; and hold the model.

    ``target`` is the version the caller saw to be servable (`rollback_target`).

    Raises:
        RefusedError: if there is no earlier champion.
        LostRaceError: if the ledger moved on and the target is another one now.
    """
    check_reason(act, "A rollback")

    def decide(head: LedgerEntry | None, history: tuple[LedgerEntry, ...]) -> LedgerEntry:
        undone, version = _target(model, history)
        if version != target:
            raise LostRaceError(
                f"Rolling {model!r} back meant {target}, but ledger entry "
                f"{head.seq if head else 0} changed that to {version}. Look and try again: "
                f"headgate ledger {model}."
            )
        hold = Hold(by=act.by, reason=f"rolled back: {act.reason}", at=act.now)
        # A canary that is taken back leaves the champion, and so what was judged against it.
        since = undone.state.champion_seq if undone.kind == "canary" else len(history) + 1
        state = LedgerState(champion=version, champion_seq=since, hold=hold)
        return draft_entry("rollback", model, act, state, undoes=undone.seq)

    return ledger.append(store, model, act.run_id, "rollback", decide)


def _target(model: str, history: tuple[LedgerEntry, ...]) -> tuple[LedgerEntry, str]:
    """Return the entry to undo, and the version that answers everything then."""
    state = history[-1].state if history else LedgerState()
    if state.canary is not None and state.champion is not None:
        return next(e for e in reversed(history) if e.kind == "canary"), state.champion
    undone = undone_by_rollback(history)
    if undone is None:
        raise RefusedError(
            f"Model {model!r} has no promotion to undo. See headgate ledger {model}."
        )
    before = history[undone.seq - 2].state.champion if undone.seq > 1 else None
    if before is None:
        raise RefusedError(
            f"{model}@{undone.state.champion} (ledger entry {undone.seq}) is the first champion; "
            f"there is none to go back to. Hold the model instead: headgate hold {model}."
        )
    return undone, before
