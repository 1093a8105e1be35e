"""Is the ledger whole? Every entry against its digest, its neighbours and all who saw it."""

from dataclasses import dataclass

from headgate.documents.base import sha256_of
from headgate.documents.ledger import LedgerEntry, LedgerHead, LedgerState
from headgate.errors import HeadgateError
from headgate.gate import reports as gates
from headgate.ledger.entries import entry_key, entry_seqs, read_stored
from headgate.ledger.transitions import wrong_transition
from headgate.names import check_model_name
from headgate.store import Store


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry that is not what it was, and how that shows."""

    seq: int
    detail: str


@dataclass(frozen=True, slots=True)
class SeenHead:
    """A head somebody else wrote down: ``where`` names the witness."""

    seq: int
    sha256: str
    where: str


def read_heads(store: Store, model: str) -> list[SeenHead]:
    """Return the heads repeated beside the ledger."""
    heads = []
    for info in store.list(f"models/{check_model_name(model)}/heads/"):
        head = LedgerHead.from_bytes(store.get(info.key), info.key)
        heads.append(SeenHead(head.seq, head.sha256, f"the repeated head {info.key}"))
    return heads


def seen_heads(store: Store, model: str) -> list[SeenHead]:
    """Return the heads that gate reports and the copies beside the ledger wrote down."""
    heads = []
    for info in store.list(f"models/{check_model_name(model)}/heads/"):
        head = LedgerHead.from_bytes(store.get(info.key), info.key)
        heads.append(SeenHead(head.seq, head.sha256, f"the copy {info.key}"))
    heads.extend(
        SeenHead(report.ledger_seq, report.ledger_head_sha256, f"gate report {report.gate_id}")
        for report in gates.list_reports(store, model)
        if report.ledger_head_sha256 is not None
    )
    return heads


def verify(store: Store, model: str, elsewhere: tuple[SeenHead, ...] = ()) -> tuple[Problem, ...]:
    """Check every entry's own digest and state, the chain, and all heads seen elsewhere.

    ``elsewhere`` are heads the caller knows from outside the store.

    Returns:
        One problem per wrong entry, naming it; empty when the ledger is whole.
    """
    witnesses = [*seen_heads(store, model), *elsewhere]
    seqs = entry_seqs(store, model)
    longest = max([*seqs, *(witness.seq for witness in witnesses)], default=0)
    problems: dict[int, str] = {}
    digests: dict[int, str] = {}
    states = {0: LedgerState()}
    for seq in range(1, longest + 1):
        data = store.find(entry_key(model, seq))
        if data is None:
            problems.setdefault(seq, "is missing")
            continue
        digests[seq] = sha256_of(data)
        entry = _check_entry(store, model, seq, digests, problems)
        if entry is None:
            continue
        states[seq] = entry.state
        wrong = wrong_transition(states[seq - 1], entry) if seq - 1 in states else None
        if wrong is not None and seq - 1 not in problems:
            problems.setdefault(seq, wrong)
    for witness in witnesses:
        if witness.seq in digests and digests[witness.seq] != witness.sha256:
            problems.setdefault(witness.seq, f"is not the entry that {witness.where} saw")
    return tuple(Problem(seq, problems[seq]) for seq in sorted(problems))


def _check_entry(
    store: Store, model: str, seq: int, digests: dict[int, str], problems: dict[int, str]
) -> LedgerEntry | None:
    try:
        stored = read_stored(store, model, seq)
    except HeadgateError as err:
        problems.setdefault(seq, f"was altered: {err}")
        return None
    previous = stored.entry.previous_sha256 if stored else None
    if seq == 1 and previous is not None:
        problems.setdefault(1, "follows another entry, but is the first")
    elif seq - 1 in digests and previous != digests[seq - 1]:
        problems.setdefault(seq - 1, f"is not the entry that entry {seq} follows")
    return stored.entry if stored else None
