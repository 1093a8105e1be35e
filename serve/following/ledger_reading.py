"""What a follower asks of the store: is it there, what comes next, and is it still the same."""

from headgate.documents.ledger import LedgerEntry
from headgate.errors import HeadgateError, IntegrityError
from headgate.ledger import entries as ledger
from headgate.store import Store


class StoreLostError(HeadgateError):
    """The store is empty, and was not."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"Store {url} holds nothing now, but served models before: it is away, or was emptied. "
            "Bring it back; what is loaded or cached here goes on serving."
        )


def check_there(store: Store) -> None:
    """Refuse a store without any object; where a folder is not mounted that is how it looks.

    Raises:
        StoreLostError: if it is empty.
    """
    if not store.names(""):
        raise StoreLostError(store.url)


def check_same(store: Store, head: LedgerEntry) -> None:
    """Check that the newest entry that was seen is still what it was.

    Raises:
        StoreLostError: if the store is empty.
        IntegrityError: if the entry is gone, or is another one.
    """
    there = ledger.read_entry(store, head.model, head.seq)
    if there == head:
        return
    if there is None:
        check_there(store)
    found = "is gone" if there is None else "is another one now"
    raise IntegrityError(
        f"Ledger entry {head.seq} of model {head.model!r}, which this server has followed, "
        f"{found}. See headgate ledger {head.model} --verify; restart the server if the store was "
        "replaced on purpose."
    )


def newest_after(store: Store, model: str, head: LedgerEntry | None) -> LedgerEntry | None:
    """Return the newest entry after the one that was read last, or None when there is none."""
    if head is None:
        entry = ledger.read_head(store, model)
    else:
        entry = ledger.read_entry(store, model, head.seq + 1)
    newest = entry
    while entry is not None:
        newest = entry
        entry = ledger.read_entry(store, model, newest.seq + 1)
    return newest
