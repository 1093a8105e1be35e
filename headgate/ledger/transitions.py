"""What each kind of entry may change of the state before it."""

from headgate.documents.ledger import LedgerEntry, LedgerState


def wrong_transition(before: LedgerState, entry: LedgerEntry) -> str | None:
    """Return how an entry's state cannot follow from the one before, or None when it can."""
    after = entry.state
    same_champion = (after.champion, after.champion_seq) == (before.champion, before.champion_seq)
    if entry.kind in ("hold", "release"):
        followed = same_champion and after.canary == before.canary
    elif entry.kind == "canary":
        followed = same_champion and after.canary is not None
    elif entry.kind == "rollback" and before.canary is not None:
        followed = same_champion and after.canary is None
    else:
        followed = after.champion_seq == entry.seq and after.canary is None
    if followed:
        return None
    return f"is a {entry.kind} that leaves a state no {entry.kind} can leave"
