"""Promises 2 and 3 under real contention: many processes, a local disk and a real S3 server."""

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from headgate.ledger.entries import read_entries
from headgate.store import open_store
from headgate.versions import commit_version, list_manifests
from tests.builders import a_manifest, a_report, a_version

pytestmark = pytest.mark.proof

N_PROCESSES = 32
N_VERSIONS = 10


@pytest.fixture(params=["local", "radosgw"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "local":
        return str(tmp_path / "store")
    url: str = request.getfixturevalue("radosgw_url")
    return url


def _commit(url: str, writer: int) -> list[str]:
    store = open_store(url)
    return [
        commit_version(store, a_manifest(run_id=f"w{writer}-{n}")).version
        for n in range(N_VERSIONS)
    ]


def test_320_versions_by_32_processes_are_distinct_and_without_a_gap(
    store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()

    with ProcessPoolExecutor(N_PROCESSES, mp_context=get_context("spawn")) as pool:
        made = list(pool.map(_commit, [store_url] * N_PROCESSES, range(N_PROCESSES)))

    got = sorted(version for versions in made for version in versions)
    stored = [m.version for m in list_manifests(open_store(store_url), "iris")]
    with capsys.disabled():
        seconds = time.monotonic() - began
        print(f"\n{store_url.split(':')[0]}: {len(set(got))} distinct in {seconds:.0f} s")  # noqa: T201
    assert got == stored == [f"v{n:04d}" for n in range(1, N_PROCESSES * N_VERSIONS + 1)]


def test_of_16_promoters_at_once_one_wins_and_the_others_exit_4_naming_it(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(store_url)
    versions = [a_version(store) for _ in range(16)]
    for version in versions:
        a_report(store, version)
    monkeypatch.setenv("HEADGATE_STORE_URL", store_url)

    started = [
        subprocess.Popen(
            [sys.executable, "-m", "headgate", "promote", "iris", version, "--direct"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for version in versions
    ]
    ended = [(p.communicate(timeout=300), p.returncode) for p in started]

    (entry,) = read_entries(store, "iris")
    codes = sorted(code for _, code in ended)
    said = [error for (_, error), code in ended if code == 4]
    assert codes == [0] + [4] * 15
    assert all(f"made iris@{entry.state.champion} champion" in error for error in said)


Change = Callable[[Path], None]


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(("seq", "change"), [(1, _flip), (3, _flip), (5, _flip), (5, Path.unlink)])
def test_the_command_names_an_altered_or_deleted_entry(
    seq: int, change: Change, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = str(tmp_path / "store")
    monkeypatch.setenv("HEADGATE_STORE_URL", url)
    store = open_store(url)
    for _ in range(5):
        version = a_version(store)
        a_report(store, version)
        _headgate("promote", "iris", version, "--direct")
    whole = _headgate("ledger", "iris", "--verify")

    change(tmp_path / "store/models/iris/ledger" / f"{seq:08d}.json")
    found = _headgate("ledger", "iris", "--verify")

    assert (whole.returncode, found.returncode) == (0, 1)
    assert f"entry {seq} " in found.stderr


def _headgate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "headgate", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
