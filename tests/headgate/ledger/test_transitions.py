"""An entry's state follows from the one before, by its kind."""

import pytest

from headgate.documents.ledger import Canary, Kind, LedgerState
from headgate.ledger.acts import draft_entry
from headgate.ledger.audit import verify
from headgate.ledger.entries import append
from headgate.ledger.transitions import wrong_transition
from headgate.store import Store
from tests.builders import a_champion, an_act

ONE = LedgerState(champion="v0001", champion_seq=1)
SPLIT = ONE.model_copy(update={"canary": Canary(version="v0002", share=0.1)})
TWO = LedgerState(champion="v0002", champion_seq=2)


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("promote", ONE, TWO),
        ("promote", SPLIT, TWO),
        ("rollback", ONE, TWO),
        ("rollback", SPLIT, ONE),
        ("canary", ONE, SPLIT),
        ("hold", SPLIT, SPLIT),
    ],
)
def test_what_each_kind_may_do(kind: Kind, before: LedgerState, after: LedgerState) -> None:
    entry = draft_entry(kind, "iris", an_act(), after).model_copy(update={"seq": 2})

    assert wrong_transition(before, entry) is None


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("promote", ONE, SPLIT),
        ("rollback", SPLIT, TWO),
        ("canary", ONE, ONE),
        ("canary", ONE, TWO),
        ("hold", ONE, TWO),
        ("release", SPLIT, ONE),
    ],
)
def test_what_no_kind_may_do(kind: Kind, before: LedgerState, after: LedgerState) -> None:
    entry = draft_entry(kind, "iris", an_act(), after).model_copy(update={"seq": 2})

    assert kind in str(wrong_transition(before, entry))


def test_verify_names_an_entry_whose_state_cannot_follow(store: Store) -> None:
    a_champion(store)
    append(
        store,
        "iris",
        "r",
        "hold",
        lambda _head, _history: draft_entry("hold", "iris", an_act("r"), TWO),
    )

    (problem,) = verify(store, "iris")

    assert (problem.seq, "hold" in problem.detail) == (2, True)
