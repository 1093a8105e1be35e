"""What every store must do; a test class inherits it and gives the fixture `store`."""

import itertools
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from headgate.errors import UsageError
from headgate.store import ObjectNotFoundError, Store, prove_put_if_absent
from headgate.store.keys import MAX_OBJECT_BYTES

KEYS_IN_ORDER = [
    "a-b/1",
    "a.json",
    "a/1",
    "a/b/c",
    "a/b0",
    "a0",
    "b/\N{LATIN SMALL LETTER E WITH ACUTE}",
    "b/\N{CJK UNIFIED IDEOGRAPH-4E00}",
    "b/\N{GRINNING FACE}",
]
IMPOSSIBLE_KEYS = [
    "",
    "/a",
    "a/",
    "a//b",
    ".",
    "a/./b",
    "../a",
    "a/..",
    "a\\b",
    "a\0b",
    "a/.tmp-1",
    "\ud800",
    "a" * 256,
    "a/" * 600 + "a",
]


def filled(store: Store, keys: list[str]) -> Store:
    for key in reversed(keys):
        assert store.put_if_absent(key, key.encode())
    return store


class StoreConformance:
    def test_a_put_object_is_read_back_byte_for_byte(self, store: Store) -> None:
        body = secrets.token_bytes(100_000)

        won = store.put_if_absent("models/iris/model.skops", body)

        assert won
        assert store.get("models/iris/model.skops") == body
        assert store.find("models/iris/model.skops") == body

    def test_an_empty_object_is_an_object(self, store: Store) -> None:
        assert store.put_if_absent("empty", b"")

        assert store.get("empty") == b""
        assert not store.put_if_absent("empty", b"late")

    def test_the_first_writer_wins_and_its_bytes_stay(self, store: Store) -> None:
        first = store.put_if_absent("ledger/1.json", b"first")
        second = store.put_if_absent("ledger/1.json", b"second")

        assert (first, second) == (True, False)
        assert store.get("ledger/1.json") == b"first"

    def test_a_refused_writer_whose_bytes_are_there_has_won(self, store: Store) -> None:
        store.put_if_absent("ledger/1.json", b"mine, nonce 7")

        assert store.put_if_absent("ledger/1.json", b"mine, nonce 7")

    def test_of_many_threads_exactly_one_wins(self, store: Store) -> None:
        bodies = [f"writer {number}".encode() for number in range(16)]

        with ThreadPoolExecutor(16) as threads:
            won = list(threads.map(lambda body: store.put_if_absent("contested", body), bodies))

        assert won.count(True) == 1
        assert store.get("contested") == bodies[won.index(True)]

    def test_the_store_proves_put_if_absent_and_leaves_nothing(self, store: Store) -> None:
        prove_put_if_absent(store)

        assert list(store.list("")) == []

    def test_what_is_absent_is_none_and_get_names_it(self, store: Store) -> None:
        assert store.find("runs/1/request.json") is None
        assert store.head("runs/1/request.json") is None
        with pytest.raises(ObjectNotFoundError, match=r"'runs/1/request\.json'"):
            store.get("runs/1/request.json")

    def test_a_folder_is_not_an_object(self, store: Store) -> None:
        filled(store, ["runs/1/request.json"])

        assert store.find("runs/1") is None
        assert store.head("runs/1") is None
        assert store.find("runs/1/request.json/deeper") is None

    def test_head_tells_size_and_time_in_utc(self, store: Store) -> None:
        before = datetime.now(UTC) - timedelta(minutes=1)

        store.put_if_absent("runs/1/result.json", b"12345")

        info = store.head("runs/1/result.json")
        assert info is not None
        assert (info.key, info.size) == ("runs/1/result.json", 5)
        assert info.modified_at.tzinfo is UTC
        assert before < info.modified_at < before + timedelta(minutes=2)

    def test_put_overwrites(self, store: Store) -> None:
        store.put("runs/1/attempts/0001.beat", b"beat 1")
        store.put("runs/1/attempts/0001.beat", b"beat 2")

        assert store.get("runs/1/attempts/0001.beat") == b"beat 2"

    def test_a_deleted_object_is_gone_and_deleting_it_again_is_fine(self, store: Store) -> None:
        filled(store, ["pending/high/1"])

        store.delete("pending/high/1")
        store.delete("pending/high/1")

        assert store.find("pending/high/1") is None
        assert store.names("") == []
        assert store.put_if_absent("pending/high/1", b"again")

    def test_a_listing_is_recursive_and_sorted_by_code_point(self, store: Store) -> None:
        filled(store, KEYS_IN_ORDER)

        listed = list(store.list(""))

        assert [info.key for info in listed] == KEYS_IN_ORDER == sorted(KEYS_IN_ORDER)
        assert [info.size for info in listed] == [len(key.encode()) for key in KEYS_IN_ORDER]
        assert {info.modified_at.tzinfo for info in listed} == {UTC}

    def test_a_listing_holds_the_keys_that_begin_with_the_prefix(self, store: Store) -> None:
        filled(store, KEYS_IN_ORDER)
        prefixes = ["a", "a/", "a/b", "a/b/", "a0", "b/", "zzz/", "a/1"]

        listed = {prefix: [info.key for info in store.list(prefix)] for prefix in prefixes}

        assert listed == {
            prefix: [key for key in KEYS_IN_ORDER if key.startswith(prefix)] for prefix in prefixes
        }

    @pytest.mark.parametrize("prefix", ["", "a/"])
    def test_a_listing_starts_after_a_key(self, store: Store, prefix: str) -> None:
        filled(store, KEYS_IN_ORDER)
        starts = [*KEYS_IN_ORDER, "a/b", "a/", "0", "zzz"]

        listed = {
            start: [info.key for info in store.list(prefix, start_after=start)] for start in starts
        }

        assert listed == {
            start: [key for key in KEYS_IN_ORDER if key > start and key.startswith(prefix)]
            for start in starts
        }

    def test_names_are_the_immediate_children(self, store: Store) -> None:
        filled(store, KEYS_IN_ORDER)

        assert store.names("a") == store.names("a/") == ["1", "b", "b0"]
        assert store.names("") == ["a", "a-b", "a.json", "a0", "b"]
        assert store.names("nowhere") == []

    def test_names_and_listings_are_complete_over_several_pages(self, store: Store) -> None:
        keys = [f"runs/{number:02}/part.json" for number in range(23)]
        filled(store, keys)

        assert [info.key for info in store.list("runs/")] == keys
        assert store.names("runs") == [f"{number:02}" for number in range(23)]

    def test_an_object_over_64_mib_is_refused(self, store: Store) -> None:
        with pytest.raises(UsageError, match="1 GiB"):
            store.put_if_absent("big", bytes(MAX_OBJECT_BYTES + 1))

        assert store.find("big") is None

    def test_an_impossible_key_is_refused_by_every_call(self, store: Store) -> None:
        calls: list[Callable[[str], object]] = [
            store.get,
            store.find,
            store.head,
            store.delete,
            store.uri,
            lambda key: store.put_if_absent(key, b""),
            lambda key: store.put(key, b""),
        ]

        for call, key in itertools.product(calls, IMPOSSIBLE_KEYS):
            with pytest.raises(UsageError, match="cannot be a key"):
                call(key)

    def test_a_prefix_that_begins_no_key_is_refused(self, store: Store) -> None:
        for prefix in ("/", "/a", "a//", "../"):
            with pytest.raises(UsageError, match="cannot be a key"):
                list(store.list(prefix))
            with pytest.raises(UsageError, match="cannot be a key"):
                store.names(prefix)
