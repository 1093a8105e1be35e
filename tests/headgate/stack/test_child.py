import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from headgate.stack import Child, ChildDiedError

WAIT = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('up', flush=True); time.sleep(600)"
)
WITH_A_CHILD = (
    "import subprocess, sys, time; "
    "p = subprocess.Popen([sys.executable, '-c', 'import signal, time; "
    "signal.signal(signal.SIGTERM, signal.SIG_IGN); print(0, flush=True); time.sleep(600)']); "
    "print('up', p.pid, flush=True); time.sleep(600)"
)


@pytest.fixture
def children() -> Iterator[list[Child]]:
    started: list[Child] = []
    yield started
    for child in started:
        child.stop(grace_seconds=0)


def start(children: list[Child], tmp_path: Path, code: str) -> Child:
    child = Child(
        "a part",
        [sys.executable, "-c", code],
        environment=os.environ,
        cwd=tmp_path,
        log=tmp_path / "logs" / "part.log",
    )
    children.append(child)
    return child


def wait_for_log(child: Child, text: str) -> None:
    deadline = time.monotonic() + 20
    while text not in child.last_lines():
        assert time.monotonic() < deadline, child.last_lines()
        time.sleep(0.01)


def test_a_child_is_gone_after_stop(children: list[Child], tmp_path: Path) -> None:
    child = start(children, tmp_path, WAIT)
    wait_for_log(child, "up")

    child.stop()

    assert child.returncode == -signal.SIGTERM
    assert not psutil.pid_exists(child.pid)


def test_a_child_that_ignores_sigterm_is_killed(children: list[Child], tmp_path: Path) -> None:
    child = start(children, tmp_path, STUBBORN)
    wait_for_log(child, "up")

    child.stop(grace_seconds=0.2)

    assert child.returncode == -signal.SIGKILL


def test_what_a_child_started_goes_with_it(children: list[Child], tmp_path: Path) -> None:
    child = start(children, tmp_path, WITH_A_CHILD)
    wait_for_log(child, "0")
    wait_for_log(child, "up")
    grandchild = int(child.last_lines().split("up ")[1].split()[0])

    child.stop(grace_seconds=0.2)

    assert not psutil.pid_exists(grandchild)


def test_a_child_that_ended_is_told_with_its_last_lines(
    children: list[Child], tmp_path: Path
) -> None:
    child = start(children, tmp_path, "print('no room left'); raise SystemExit(3)")
    while child.returncode is None:
        time.sleep(0.01)

    with pytest.raises(ChildDiedError, match=r"exit code 3.*part\.log.*\n.*no room left"):
        child.check_alive()


def test_a_child_that_runs_is_not_told(children: list[Child], tmp_path: Path) -> None:
    child = start(children, tmp_path, WAIT)

    child.check_alive()

    assert child.returncode is None


def test_last_lines_are_of_this_start_only(children: list[Child], tmp_path: Path) -> None:
    first = start(children, tmp_path, "print('first')")
    while first.returncode is None:
        time.sleep(0.01)

    second = start(children, tmp_path, "print('second')")
    wait_for_log(second, "second")

    assert second.last_lines() == "second"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_a_child_ends_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    code = (
        "import os, sys, time; from pathlib import Path; from headgate.stack import Child; "
        f"child = Child('part', [sys.executable, '-c', {WAIT!r}], environment=os.environ, "
        f"cwd=Path({str(tmp_path)!r}), log=Path({str(tmp_path)!r}) / 'log'); "
        "print(child.pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout as said:
        pid = int(said.readline())

    parent.kill()
    parent.wait()

    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=10)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
