from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from headgate.documents.ledger import LedgerEntry, LedgerState
from headgate.errors import ConflictError, IntegrityError
from headgate.ledger.acts import draft_entry
from headgate.ledger.audit import SeenHead, verify
from headgate.ledger.entries import (
    append,
    champion_at,
    entry_key,
    head_key,
    read_entries,
    read_head,
)
from headgate.ledger.holding import hold
from headgate.ledger.promotion import promote
from headgate.store import Store
from headgate.store.local import LocalStore
from tests.builders import a_champion, a_report, a_version, an_act


def _append(store: Store, run_id: str) -> LedgerEntry:
    return append(
        store,
        "iris",
        run_id,
        "hold",
        lambda _h, _e: draft_entry("hold", "iris", an_act(run_id), LedgerState()),
    )


def test_entries_are_chained_sealed_and_in_order_of_time(store: Store) -> None:
    for n in range(3):
        _append(store, f"r{n}")

    first, second, third = read_entries(store, "iris")
    assert [first.seq, second.seq, third.seq] == [1, 2, 3]
    assert first.previous_sha256 is None
    assert first.at <= second.at <= third.at
    assert all(e.sha256 == e.own_sha256() for e in (first, second, third))
    assert verify(store, "iris") == ()


def test_an_entry_is_never_older_than_the_one_before(store: Store) -> None:
    first = _append(store, "r1")
    early = an_act("r2")

    second = append(
        store,
        "iris",
        "r2",
        "hold",
        lambda _h, _e: draft_entry("hold", "iris", early, LedgerState()).model_copy(
            update={"at": first.at - timedelta(days=1)}
        ),
    )

    assert second.at == first.at


def test_a_run_appends_once(store: Store) -> None:
    first = _append(store, "same")
    _append(store, "other")

    assert _append(store, "same") == first
    assert len(read_entries(store, "iris")) == 2


def test_appends_at_once_all_find_their_own_place(store: Store) -> None:
    with ThreadPoolExecutor(16) as pool:
        entries = list(pool.map(lambda n: _append(store, f"r{n}"), range(48)))

    assert sorted(e.seq for e in entries) == list(range(1, 49))
    assert verify(store, "iris") == ()


class Busy(LocalStore):
    """A store on which others append two entries between a look at the next and a listing."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.others = LocalStore(root)

    def names(self, prefix: str) -> list[str]:
        if not self.others.names(prefix):
            _append(self.others, "first")
            _append(self.others, "second")
        return super().names(prefix)


def test_entries_that_come_while_others_are_read_are_not_missed(tmp_path: Path) -> None:
    assert _append(Busy(tmp_path / "busy"), "third").seq == 3


class Torn(LocalStore):
    """A store whose listing was begun before the first entry and ended after the second."""

    def names(self, prefix: str) -> list[str]:
        return [name for name in super().names(prefix) if not name.startswith("00000001")]


def test_a_listing_that_misses_an_entry_which_is_there_is_not_believed(tmp_path: Path) -> None:
    store = Torn(tmp_path / "torn")
    _append(store, "first")
    second = _append(store, "second")

    assert read_head(store, "iris") == second


def test_the_champion_at_a_time_is_the_one_of_the_last_entry_before(store: Store) -> None:
    first = a_champion(store)
    second = a_champion(store)

    assert champion_at(store, "iris", first.at - timedelta(seconds=1)).champion is None
    assert champion_at(store, "iris", first.at).champion == "v0001"
    assert champion_at(store, "iris", second.at).champion == "v0002"


@pytest.mark.parametrize("seq", [1, 3, 5])
@pytest.mark.parametrize("where", [0, 40, -2, -1])
def test_one_changed_byte_names_the_entry(
    seq: int, where: int, store: Store, tmp_path: Path
) -> None:
    for n in range(5):
        _append(store, f"r{n}")
    file = tmp_path / "store" / entry_key("iris", seq)
    data = bytearray(file.read_bytes())
    data[where] ^= 1
    file.write_bytes(data)

    problems = verify(store, "iris")

    assert [p.seq for p in problems] == [seq]


def test_an_altered_entry_with_a_new_seal_is_named_by_its_neighbour(
    store: Store, tmp_path: Path
) -> None:
    for n in range(3):
        _append(store, f"r{n}")
    entry = read_entries(store, "iris")[1]
    forged = entry.model_copy(update={"reason": "forged"}).sealed()
    (tmp_path / "store" / entry_key("iris", 2)).write_bytes(forged.to_bytes())

    assert [p.seq for p in verify(store, "iris")] == [2]


def test_a_deleted_last_entry_is_named(store: Store) -> None:
    for n in range(3):
        _append(store, f"r{n}")
    store.delete(entry_key("iris", 3))

    (problem,) = verify(store, "iris")

    assert (problem.seq, problem.detail) == (3, "is missing")


def test_a_tail_cut_with_its_copy_is_named_by_a_gate_report(store: Store) -> None:
    a_champion(store)
    a_report(store, a_version(store))
    store.delete(entry_key("iris", 1))
    store.delete("models/iris/heads/00000001.json")

    assert [p.seq for p in verify(store, "iris")] == [1]


def test_a_head_seen_outside_the_store_counts(store: Store) -> None:
    _append(store, "r1")

    assert [p.seq for p in verify(store, "iris", (SeenHead(2, "00", "the API"),))] == [2]
    assert [p.seq for p in verify(store, "iris", (SeenHead(1, "00", "the API"),))] == [1]


def test_nothing_is_read_or_appended_past_a_hole(store: Store) -> None:
    for n in range(3):
        _append(store, f"r{n}")
    store.delete(entry_key("iris", 2))

    with pytest.raises(IntegrityError, match="entry 2 of model 'iris' is missing"):
        _append(store, "r4")
    with pytest.raises(IntegrityError, match="entry 2"):
        read_entries(store, "iris")


def test_nothing_is_appended_after_an_altered_entry(store: Store, tmp_path: Path) -> None:
    _append(store, "r1")
    file = tmp_path / "store" / entry_key("iris", 1)
    file.write_bytes(file.read_bytes().replace(b"a reason", b"b reason"))

    with pytest.raises(IntegrityError, match="altered"):
        read_head(store, "iris")
    with pytest.raises(IntegrityError, match="altered"):
        _append(store, "r2")


def test_a_run_id_stands_for_one_act_only(store: Store) -> None:
    entry = a_champion(store)
    other = a_version(store)
    a_report(store, other)

    with pytest.raises(ConflictError, match="stands for ledger entry 1"):
        promote(store, "iris", other, an_act(entry.run_id))
    with pytest.raises(ConflictError):
        hold(store, "iris", an_act(entry.run_id))


def test_nothing_is_written_over_a_cut_tail(store: Store) -> None:
    for n in range(2):
        _append(store, f"r{n}")
    store.delete(entry_key("iris", 2))

    with pytest.raises(IntegrityError, match="entry 2 of model 'iris' is missing"):
        _append(store, "r3")

    assert [p.seq for p in verify(store, "iris")] == [2]


def test_a_copy_that_a_crash_left_out_is_made_up_for(store: Store) -> None:
    _append(store, "r1")
    store.delete(head_key("iris", 1))

    _append(store, "r1")

    assert store.find(head_key("iris", 1)) is not None


def test_a_hole_is_not_read_over(store: Store) -> None:
    for n in range(3):
        _append(store, f"r{n}")
    store.delete(entry_key("iris", 2))

    with pytest.raises(IntegrityError, match="entry 2"):
        read_head(store, "iris")
