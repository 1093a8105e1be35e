"""A canary: a judged version that takes a share, and how it ends."""

import pytest

from headgate.documents.ledger import Canary, Principal
from headgate.errors import ConflictError, LostRaceError, RefusedError, UsageError
from headgate.ledger.audit import verify
from headgate.ledger.canary import parse_share, start_canary
from headgate.ledger.entries import read_entries
from headgate.ledger.holding import hold, release
from headgate.ledger.permission import (
    CanaryOnError,
    ChampionChangedError,
    NotDecidedError,
    NotGatedError,
    OnHoldError,
)
from headgate.ledger.promotion import promote
from headgate.ledger.rollback import rollback, rollback_target
from headgate.store import Store
from tests.builders import a_champion, a_report, a_version, an_act

FLOW = Principal(name="promote/1", kind="flow")


def a_passed_version(store: Store) -> str:
    version = a_version(store)
    a_report(store, version)
    return version


def a_canary(store: Store, share: float = 0.1) -> str:
    """Put a version beside the champion."""
    a_champion(store)
    version = a_passed_version(store)
    start_canary(store, "iris", version, share, an_act())
    return version


def test_a_passed_version_takes_a_share_beside_the_champion(store: Store) -> None:
    before = a_champion(store)
    version = a_passed_version(store)

    entry = start_canary(store, "iris", version, 0.1, an_act())

    assert (entry.kind, entry.subject, entry.override) == ("canary", "v0002", False)
    assert entry.state.canary == Canary(version="v0002", share=0.1)
    assert (entry.state.champion, entry.state.champion_seq) == ("v0001", before.seq)
    assert entry.state.versions == ("v0001", "v0002")
    assert verify(store, "iris") == ()


def test_a_version_never_judged_or_refused_is_no_canary(store: Store) -> None:
    a_champion(store)
    version = a_version(store)

    with pytest.raises(NotGatedError, match="never judged"):
        start_canary(store, "iris", version, 0.1, an_act())
    a_report(store, version, "FAIL")
    with pytest.raises(NotGatedError, match="refused"):
        start_canary(store, "iris", version, 0.1, an_act())

    assert len(read_entries(store, "iris")) == 1


def test_an_undecided_version_is_no_canary(store: Store) -> None:
    a_champion(store)
    version = a_version(store)
    a_report(store, version, "INCONCLUSIVE")

    with pytest.raises(NotDecidedError):
        start_canary(store, "iris", version, 0.1, an_act())


def test_a_named_person_may_start_one_past_the_gate_and_a_flow_may_not(store: Store) -> None:
    a_champion(store)
    version = a_version(store)

    with pytest.raises(RefusedError, match="needs a person"):
        start_canary(store, "iris", version, 0.1, an_act(by=FLOW), override=True)

    assert start_canary(store, "iris", version, 0.1, an_act(), override=True).override


def test_a_pass_against_an_earlier_champion_is_void(store: Store) -> None:
    a_champion(store)
    version = a_passed_version(store)
    a_champion(store)

    with pytest.raises(ChampionChangedError):
        start_canary(store, "iris", version, 0.1, an_act())


def test_a_held_model_gets_no_canary(store: Store) -> None:
    a_champion(store)
    version = a_passed_version(store)
    hold(store, "iris", an_act())

    with pytest.raises(OnHoldError):
        start_canary(store, "iris", version, 0.1, an_act())
    release(store, "iris", an_act())

    assert start_canary(store, "iris", version, 0.1, an_act()).state.hold is None


@pytest.mark.parametrize("share", [0.0, 1.0, 1.5, -0.1])
def test_a_canary_takes_some_of_the_traffic_and_not_all(share: float, store: Store) -> None:
    a_champion(store)
    version = a_passed_version(store)

    with pytest.raises(UsageError, match="more than 0%"):
        start_canary(store, "iris", version, share, an_act())


def test_the_champion_is_not_its_own_canary_and_without_one_there_is_none(store: Store) -> None:
    first = a_passed_version(store)

    with pytest.raises(ConflictError, match="no champion"):
        start_canary(store, "iris", first, 0.1, an_act())
    promote(store, "iris", first, an_act())
    with pytest.raises(ConflictError, match="champion already"):
        start_canary(store, "iris", first, 0.1, an_act())


def test_its_share_may_change_and_the_same_share_is_nothing_new(store: Store) -> None:
    version = a_canary(store, 0.1)

    with pytest.raises(ConflictError, match="nothing to do"):
        start_canary(store, "iris", version, 0.1, an_act())
    entry = start_canary(store, "iris", version, 0.5, an_act())

    assert entry.state.canary == Canary(version=version, share=0.5)


def test_the_same_run_starts_it_once(store: Store) -> None:
    a_champion(store)
    version = a_passed_version(store)

    first = start_canary(store, "iris", version, 0.1, an_act("same"))

    assert start_canary(store, "iris", version, 0.1, an_act("same")) == first


def test_promoting_the_canary_finishes_it(store: Store) -> None:
    version = a_canary(store)

    entry = promote(store, "iris", version, an_act())

    assert (entry.state.champion, entry.state.canary) == (version, None)
    assert entry.state.champion_seq == entry.seq
    assert rollback_target(store, "iris") == "v0001"
    assert verify(store, "iris") == ()


def test_while_it_is_on_no_other_version_is_promoted_or_shared_without_an_override(
    store: Store,
) -> None:
    a_canary(store)
    other = a_passed_version(store)

    with pytest.raises(CanaryOnError, match=r"headgate promote iris v0002"):
        promote(store, "iris", other, an_act())
    with pytest.raises(CanaryOnError):
        start_canary(store, "iris", other, 0.2, an_act())

    entry = promote(store, "iris", other, an_act(), override=True)
    assert (entry.state.champion, entry.state.canary) == (other, None)


def test_a_rollback_takes_the_canary_back_before_it_touches_the_champion(store: Store) -> None:
    a_champion(store)
    version = a_canary(store)
    champion_seq = 2

    assert rollback_target(store, "iris") == "v0002"
    entry = rollback(store, "iris", an_act(), target="v0002")

    assert (entry.kind, entry.undoes) == ("rollback", 3)
    assert (entry.state.champion, entry.state.champion_seq) == ("v0002", champion_seq)
    assert (version, entry.state.canary) == ("v0003", None)
    assert entry.state.hold is not None
    assert verify(store, "iris") == ()
    assert rollback(store, "iris", an_act(), target="v0001").undoes == champion_seq


def test_a_rollback_meant_for_the_champion_does_not_take_back_a_canary_started_since(
    store: Store,
) -> None:
    a_champion(store)
    a_canary(store)

    with pytest.raises(LostRaceError, match="meant v0001"):
        rollback(store, "iris", an_act(), target="v0001")


def test_a_hold_leaves_the_canary_on(store: Store) -> None:
    version = a_canary(store)

    state = hold(store, "iris", an_act()).state

    assert state.canary == Canary(version=version, share=0.1)


@pytest.mark.parametrize("text", ["0%", "100%", "120%", "10", "0.1", "-5%", "", "%", "1e1%"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_share(text)


def test_a_share_is_written_as_a_percentage() -> None:
    assert parse_share(" 12.5% ") == 0.125
