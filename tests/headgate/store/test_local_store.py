"""What only a local store promises: durability under kills, full disks and racing deletions."""

import hashlib
import os
import random
import resource
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from headgate.errors import ConflictError, HeadgateError
from headgate.store.local import LocalStore
from tests.headgate.store.child_writer import OBJECT_BYTES
from tests.headgate.store.racing import N_PROCESSES, body_of, race

N_KILLS = 30
MEBIBYTE = 1024 * 1024


@pytest.fixture(params=[True, False], ids=["unnamed", "named"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "runtime", unnamed_files=request.param)


@contextmanager
def files_no_larger_than(n_bytes: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def kill_a_writer(root: Path, mode: str, *, n_whole: int, after_seconds: float) -> None:
    command = [sys.executable, "-m", "tests.headgate.store.child_writer", str(root), mode]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        for _ in range(n_whole + 1):
            writer.stdout.readline()
        with suppress(subprocess.TimeoutExpired):
            writer.wait(after_seconds)
        writer.kill()
    assert writer.returncode == -9


def files_under(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.mark.parametrize("mode", ["unnamed", "named"])
def test_a_killed_writer_leaves_whole_objects_or_none(tmp_path: Path, mode: str) -> None:
    store = LocalStore(tmp_path)
    chance = random.Random(7)

    kill_a_writer(tmp_path, mode, n_whole=1, after_seconds=0)
    for _ in range(N_KILLS):
        kill_a_writer(tmp_path, mode, n_whole=0, after_seconds=chance.uniform(0, 0.06))
    store.sweep_temporary(older_than_seconds=0)

    parts = list(store.list("parts/"))
    assert parts
    assert {info.size for info in parts} == {OBJECT_BYTES}
    assert all(hashlib.sha256(store.get(i.key)).hexdigest() == i.key[6:] for i in parts)
    assert len(store.get("beat")) == OBJECT_BYTES
    assert len(files_under(tmp_path)) == len(parts) + 1


def test_of_sixteen_processes_exactly_one_wins_each_round(tmp_path: Path) -> None:
    rounds = race(str(tmp_path), n_rounds=200)

    assert [len(each.winners) for each in rounds] == [1] * 200
    assert all(each.seen == {body_of(each.winners[0])} for each in rounds)
    assert len({each.winners[0] for each in rounds}) > N_PROCESSES / 4


def test_a_write_that_does_not_fit_leaves_nothing_and_names_the_folder(
    store: LocalStore, tmp_path: Path
) -> None:
    store.put("beat", b"whole")

    with files_no_larger_than(MEBIBYTE):
        with pytest.raises(HeadgateError, match=r"write 'part' in .*/runtime/parts: File too"):
            store.put_if_absent("parts/part", bytes(2 * MEBIBYTE))
        with pytest.raises(HeadgateError, match="File too large"):
            store.put("beat", bytes(2 * MEBIBYTE))

    assert [path.name for path in files_under(tmp_path)] == ["beat"]
    assert store.get("beat") == b"whole"
    assert store.put_if_absent("parts/part", b"fits")


def test_writers_survive_the_removal_of_emptied_folders(store: LocalStore) -> None:
    def mark_and_unmark(writer: int) -> list[bool]:
        won = []
        for number in range(100):
            key = f"pending/high/{writer}-{number}"
            won.append(store.put_if_absent(key, b""))
            store.put(f"beats/deep/{writer}", b"")
            store.delete(key)
            store.delete(f"beats/deep/{writer}")
        return won

    with ThreadPoolExecutor(4) as threads:
        won = list(threads.map(mark_and_unmark, range(4)))

    assert won == [[True] * 100] * 4
    assert store.names("") == []


def test_temporary_files_are_invisible_and_swept_when_old(
    store: LocalStore, tmp_path: Path
) -> None:
    store.put_if_absent("runs/1/request.json", b"{}")
    old, young = (tmp_path / "runtime" / "runs" / name for name in (".tmp-old", ".tmp-young"))
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    os.utime(old, (0, 0))

    swept = store.sweep_temporary(older_than_seconds=3600)

    assert swept == 1
    assert (old.exists(), young.exists()) == (False, True)
    assert [info.key for info in store.list("")] == ["runs/1/request.json"]
    assert store.names("runs") == ["1"]


def test_an_empty_folder_is_no_name(store: LocalStore, tmp_path: Path) -> None:
    (tmp_path / "runtime" / "models" / "left-by-a-crash" / "deep").mkdir(parents=True)

    assert store.names("models") == []
    assert store.names("") == []


def test_a_folder_of_objects_cannot_become_an_object(store: LocalStore) -> None:
    store.put_if_absent("runs/1/request.json", b"{}")

    with pytest.raises(ConflictError, match="is a folder"):
        store.put_if_absent("runs/1", b"")
    with pytest.raises(ConflictError, match="is a folder"):
        store.put("runs/1", b"")


def test_an_object_cannot_become_a_folder(store: LocalStore) -> None:
    store.put_if_absent("runs/1", b"{}")

    with pytest.raises(HeadgateError, match=r"Cannot write 'request\.json' in .*/runs/1"):
        store.put_if_absent("runs/1/request.json", b"")


def test_reading_creates_nothing(store: LocalStore, tmp_path: Path) -> None:
    store.find("a")
    store.names("")
    list(store.list(""))
    store.delete("a")

    assert list(tmp_path.iterdir()) == []


def test_the_uri_of_an_object_is_its_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = LocalStore(Path("runtime"))
    store.put_if_absent("a/b", b"1")
    monkeypatch.chdir("/")

    assert store.uri("a/b") == str(tmp_path / "runtime" / "a" / "b")
    assert Path(store.uri("a/b")).read_bytes() == b"1"
    assert store.url == "runtime"
