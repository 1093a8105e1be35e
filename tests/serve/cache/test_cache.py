"""The cache folder: what was verified comes back, what was changed does not."""

import os
import stat
from pathlib import Path

import pytest

from headgate.documents.base import sha256_of
from headgate.documents.version import Manifest, StoredFile
from headgate.ledger.canary import start_canary
from headgate.store import ObjectNotFoundError, Store
from serve.cache import Cache, VersionReader
from tests.builders import a_champion, a_manifest, an_act
from tests.serve.making import a_served_version, price

MUCH = 10**9


def a_cache(folder: Path, max_bytes: int = MUCH) -> Cache:
    cache = Cache(folder, max_bytes)
    cache.prepare()
    return cache


def keep(cache: Cache, data: bytes, age_seconds: float = 0) -> str:
    """Keep bytes as if they were used last so long ago."""
    sha256 = sha256_of(data)
    cache.keep(sha256, data)
    path = blob(cache, sha256)
    then = path.stat().st_mtime - age_seconds
    os.utime(path, (then, then))
    return sha256


def blob(cache: Cache, sha256: str) -> Path:
    (found,) = cache.folder.rglob(sha256)
    return found


def test_bytes_come_back_by_their_digest_also_to_another_process(tmp_path: Path) -> None:
    sha256 = keep(a_cache(tmp_path / "c"), b"model")

    assert a_cache(tmp_path / "c").find(sha256) == b"model"
    assert a_cache(tmp_path / "c").find(sha256_of(b"other")) is None


def test_the_folder_is_this_users_alone(tmp_path: Path) -> None:
    a_cache(tmp_path / "c")

    assert stat.S_IMODE((tmp_path / "c").stat().st_mode) == 0o700


def test_changed_bytes_are_refused_and_removed(tmp_path: Path) -> None:
    cache = a_cache(tmp_path)
    sha256 = keep(cache, b"model")
    path = blob(cache, sha256)
    path.write_bytes(b"modeL")

    assert cache.find(sha256) is None
    assert not path.exists()


def test_the_least_recently_used_go_when_there_is_too_much(tmp_path: Path) -> None:
    cache = a_cache(tmp_path, max_bytes=25)
    old = keep(cache, b"a" * 10, age_seconds=30)
    used = keep(cache, b"b" * 10, age_seconds=60)
    cache.find(used)
    new = keep(cache, b"c" * 10)

    cache.trim()

    assert cache.find(old) is None
    assert cache.find(used) == b"b" * 10
    assert cache.find(new) == b"c" * 10


def test_what_the_last_seen_champion_and_canary_consist_of_stays(
    tmp_path: Path, store: Store
) -> None:
    cache = a_cache(tmp_path / "c", max_bytes=15)
    a_champion(store, "iris")
    a_champion(store, "iris")
    entry = start_canary(store, "iris", "v0001", 0.1, an_act(), override=True)
    for number, data in ((2, b"champion.."), (1, b"canary....")):
        file = StoredFile(key=f"k{number}", size=10, sha256=keep(cache, data, age_seconds=99))
        cache.remember_manifest(
            a_manifest().model_copy(update={"number": number, "files": {"model": file}})
        )
    cache.remember_entry(entry)
    other = keep(cache, b"d" * 10)

    cache.trim()

    assert cache.find(sha256_of(b"champion..")) is not None
    assert cache.find(sha256_of(b"canary....")) is not None
    assert cache.find(other) is None


def test_an_entry_and_a_manifest_come_back_unless_they_were_changed(
    tmp_path: Path, store: Store
) -> None:
    entry, manifest = a_champion(store), a_manifest()
    cache = a_cache(tmp_path / "c")
    cache.remember_entry(entry)
    cache.remember_manifest(manifest)
    whole = (cache.recall_entry("iris"), cache.recall_manifest("iris", "v0001"))

    for path in (*cache.folder.rglob("iris.json"), *cache.folder.rglob("v0001.json")):
        path.write_bytes(path.read_bytes().replace(b"alice", b"Alice"))

    assert whole == (entry, manifest)
    assert cache.recall_entry("iris") is None
    assert cache.recall_manifest("iris", "v0001") is None
    assert cache.is_empty()


def test_a_document_that_is_no_document_is_refused(tmp_path: Path) -> None:
    cache = a_cache(tmp_path)
    cache.remember_manifest(a_manifest())
    (path,) = cache.folder.rglob("v0001.json")
    path.write_bytes(b"{")

    assert cache.recall_manifest("iris", "v0001") is None


def test_a_folder_that_cannot_be_made_is_a_server_without_a_cache(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("not a folder")
    cache = a_cache(tmp_path / "file" / "c")

    cache.keep(sha256_of(b"x"), b"x")
    cache.remember_manifest(a_manifest())

    assert cache.find(sha256_of(b"x")) is None
    assert cache.recall_manifest("iris", "v0001") is None
    assert cache.models() == []
    assert cache.store_seen_at() is None
    assert "cannot be used" in caplog.text


class Counting:
    """A store that counts what it is asked."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.asked: list[str] = []

    def get(self, key: str) -> bytes:
        self.asked.append(key)
        return self._store.get(key)


@pytest.fixture
def manifest(store: Store) -> Manifest:
    return a_served_version(store, "price", price())


def test_a_file_is_asked_of_the_store_once(
    tmp_path: Path, store: Store, manifest: Manifest
) -> None:
    cache, counting = a_cache(tmp_path / "c"), Counting(store)
    keys = [file.key for file in manifest.files.values()]

    for _ in range(2):
        reader = VersionReader(counting, cache, manifest)
        for key in [*keys, *keys]:
            assert reader.get(key) == store.get(key)

    assert counting.asked == keys
    assert reader.n_bytes == sum(file.size for file in manifest.files.values())


def test_a_damaged_cache_file_is_asked_of_the_store_again(
    tmp_path: Path, store: Store, manifest: Manifest
) -> None:
    cache, counting = a_cache(tmp_path / "c"), Counting(store)
    file = manifest.files["model.skops"]
    VersionReader(counting, cache, manifest).get(file.key)
    blob(cache, file.sha256).write_bytes(b"tampered")

    data = VersionReader(counting, cache, manifest).get(file.key)

    assert sha256_of(data) == file.sha256
    assert counting.asked == [file.key, file.key]
    assert cache.find(file.sha256) == data


def test_damaged_bytes_of_the_store_are_not_kept(
    tmp_path: Path, store: Store, manifest: Manifest
) -> None:
    cache = a_cache(tmp_path / "c")
    file = manifest.files["model.skops"]
    Path(store.uri(file.key)).write_bytes(b"damaged")

    VersionReader(store, cache, manifest).get(file.key)

    assert cache.find(file.sha256) is None


def test_a_file_that_neither_has_is_not_found(
    tmp_path: Path, store: Store, manifest: Manifest
) -> None:
    file = manifest.files["model.skops"]
    store.delete(file.key)

    with pytest.raises(ObjectNotFoundError):
        VersionReader(store, a_cache(tmp_path / "c"), manifest).get(file.key)
