"""The ledger: append-only entries, each sealed and chained to the one before."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from headgate.documents.base import sha256_of
from headgate.documents.ledger import Kind, LedgerEntry, LedgerHead, LedgerState
from headgate.errors import ConflictError, IntegrityError
from headgate.names import check_model_name
from headgate.store import Store

Decide = Callable[[LedgerEntry | None, tuple[LedgerEntry, ...]], LedgerEntry]
"""Makes the next entry from the head and the history, or raises why there is none."""


def entry_key(model: str, seq: int) -> str:
    """Return where an entry lies."""
    return f"models/{check_model_name(model)}/ledger/{seq:08d}.json"


def head_key(model: str, seq: int) -> str:
    """Return where the repeated head of an entry lies."""
    return f"models/{check_model_name(model)}/heads/{seq:08d}.json"


class MissingEntryError(IntegrityError):
    """An entry is gone that others or its copied head tell of."""

    def __init__(self, model: str, seq: int) -> None:
        super().__init__(
            f"Ledger entry {seq} of model {model!r} is missing, but others tell of it. See "
            f"headgate ledger {model} --verify, and restore it from a backup."
        )


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry and the SHA-256 of its stored bytes."""

    entry: LedgerEntry
    sha256: str


def entry_seqs(store: Store, model: str) -> list[int]:
    """Return the sequence numbers the ledger holds, in order."""
    names = store.names(f"models/{check_model_name(model)}/ledger")
    return sorted(int(n.removesuffix(".json")) for n in names if n.removesuffix(".json").isdigit())


def read_stored(store: Store, model: str, seq: int) -> StoredEntry | None:
    """Return one entry with its digest, or None when the ledger is not that long.

    Raises:
        IntegrityError: if the entry was altered.
    """
    key = entry_key(model, seq)
    data = store.find(key)
    if data is None:
        return None
    entry = LedgerEntry.from_bytes(data, key)
    if entry.to_bytes() != data or entry.sha256 != entry.own_sha256():
        raise IntegrityError(
            f"Ledger entry {seq} of model {model!r} was altered: its digest is not its own. See "
            f"headgate ledger {model} --verify, and restore it from a backup."
        )
    if (entry.model, entry.seq) != (model, seq):
        raise IntegrityError(
            f"Ledger entry {seq} of model {model!r} says it is entry {entry.seq} of "
            f"{entry.model!r}. Restore it from a backup."
        )
    return StoredEntry(entry, sha256_of(data))


def read_entry(store: Store, model: str, seq: int) -> LedgerEntry | None:
    """Return one entry, or None; all that following the ledger costs is asking for the next."""
    stored = read_stored(store, model, seq)
    return stored.entry if stored else None


def read_head(store: Store, model: str) -> LedgerEntry | None:
    """Return the last entry, whose state is the model's state, or None when there is none."""
    stored = read_stored_head(store, model)
    return stored.entry if stored else None


def read_stored_head(store: Store, model: str) -> StoredEntry | None:
    """Return the last entry with its digest, or None when there is none."""
    seqs = entry_seqs(store, model)
    for seq in sorted(set(range(1, len(seqs) + 1)) - set(seqs)):
        _check_there(store, model, seq)
    return read_stored(store, model, seqs[-1]) if seqs else None


def read_entries(store: Store, model: str) -> tuple[LedgerEntry, ...]:
    """Return all entries, the oldest first.

    Raises:
        IntegrityError: if one is missing or altered.
    """
    return tuple(stored.entry for stored in _from(store, model, 1))


def champion_at(store: Store, model: str, at: datetime) -> LedgerState:
    """Return the model's state at a time; empty before the first entry."""
    state = LedgerState()
    for entry in read_entries(store, model):
        if entry.at > at:
            break
        state = entry.state
    return state


def append(
    store: Store,
    model: str,
    run_id: str,
    kind: Kind,
    decide: Decide,
    *,
    version: str | None = None,
) -> LedgerEntry:
    """Append the entry that ``decide`` makes of the newest history, at most once per run_id.

    ``decide`` fills everything but seq, time order and digests. After a lost race it decides
    again on the longer history, and may refuse then. An entry with our run_id is our own success,
    if it is of this ``kind`` and about this ``version``.

    Raises:
        ConflictError: if the run_id stands for another act.
        MissingEntryError: if the tail was cut; nothing is written over it.
    """
    history: list[StoredEntry] = []
    while True:
        history.extend(_from(store, model, len(history) + 1))
        head = history[-1] if history else None
        if head is not None:
            repeat_head(store, head)
        for stored in history:
            if stored.entry.run_id == run_id:
                return _own(stored.entry, kind, version)
        if _is_cut(store, model, len(history) + 1):
            raise MissingEntryError(model, len(history) + 1)
        entries = tuple(stored.entry for stored in history)
        draft = decide(head.entry if head else None, entries)
        entry = draft.model_copy(
            update={
                "seq": len(history) + 1,
                "at": max(draft.at, head.entry.at) if head else draft.at,
                "previous_sha256": head.sha256 if head else None,
            }
        ).sealed()
        data = entry.to_bytes()
        if store.put_if_absent(entry_key(model, entry.seq), data):
            repeat_head(store, StoredEntry(entry, sha256_of(data)))
            return entry


def _own(entry: LedgerEntry, kind: Kind, version: str | None) -> LedgerEntry:
    if entry.kind == kind and version in (None, entry.subject):
        return entry
    raise ConflictError(
        f"run_id {entry.run_id!r} stands for ledger entry {entry.seq} of {entry.model!r} already, "
        f"a {entry.kind} of {entry.subject}. Use another run_id."
    )


def _is_cut(store: Store, model: str, seq: int) -> bool:
    """Say whether an entry was there once: its copied head is, and it is not."""
    if store.find(head_key(model, seq)) is None:
        return False
    # Somebody may have appended it a moment ago.
    return store.find(entry_key(model, seq)) is None


def repeat_head(store: Store, stored: StoredEntry) -> None:
    """Repeat an entry's digest beside the ledger, once; a later cut of the tail then shows."""
    entry = stored.entry
    head = LedgerHead(model=entry.model, seq=entry.seq, sha256=stored.sha256)
    store.put_if_absent(head_key(entry.model, entry.seq), head.to_bytes())


def _from(store: Store, model: str, seq: int) -> Iterator[StoredEntry]:
    while True:
        while (stored := read_stored(store, model, seq)) is not None:
            yield stored
            seq += 1
        if not any(later > seq for later in entry_seqs(store, model)):
            return
        _check_there(store, model, seq)


def _check_there(store: Store, model: str, seq: int) -> None:
    """Look again for an entry that later ones tell of: it may have come with them a moment ago."""
    if store.find(entry_key(model, seq)) is None:
        raise MissingEntryError(model, seq)
