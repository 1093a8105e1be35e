"""The folder in which workers count together: made, emptied and removed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from serve.telemetry.shared_folder import PREFIX, VARIABLE, counting_together


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def a_dead_pid() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_several_workers_share_a_folder_that_is_gone_afterwards(tmp_path: Path) -> None:
    with counting_together(2, tmp_path):
        folder = Path(os.environ[VARIABLE])
        assert folder.is_dir()

    assert not folder.exists()
    assert VARIABLE not in os.environ


def test_one_worker_needs_none() -> None:
    with counting_together(1):
        assert VARIABLE not in os.environ


def test_the_operators_own_folder_is_emptied_of_an_earlier_start_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "own"))
    (tmp_path / "own").mkdir()
    (tmp_path / "own/counter_1.db").touch()
    (tmp_path / "own/notes.txt").touch()

    with counting_together(2, tmp_path):
        assert os.environ[VARIABLE] == str(tmp_path / "own")

    assert [path.name for path in (tmp_path / "own").iterdir()] == ["notes.txt"]


def test_what_a_killed_server_left_is_removed_and_a_running_ones_is_not(tmp_path: Path) -> None:
    abandoned = tmp_path / f"{PREFIX}{a_dead_pid()}-x"
    running = tmp_path / f"{PREFIX}{os.getpid()}-y"
    strange = tmp_path / f"{PREFIX}z"
    for folder in (abandoned, running, strange):
        folder.mkdir()

    with counting_together(2, tmp_path):
        pass

    assert not abandoned.exists()
    assert running.exists()
    assert strange.exists()
