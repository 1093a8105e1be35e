"""A whole stack of its own: what it tells, what it notices, and that nothing is left of it."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from headgate.deploying import worker_is_online
from headgate.errors import ConflictError
from headgate.settings import Settings
from headgate.stack import ChildDiedError, PortInUseError, Stack, read_stack
from tests.flows.conftest import ROOT, System

pytestmark = pytest.mark.stack


def groups() -> set[int]:
    """Return the groups of all processes; each part of a stack leads one, whoever is in it."""
    found = set()
    for pid in psutil.pids():
        with suppress(ProcessLookupError):
            found.add(os.getpgid(pid))
    return found


def test_a_stack_that_loses_a_part_says_so_and_leaves_nothing_running(tmp_path: Path) -> None:
    settings = Settings(store_url=str(tmp_path / "store"), models_dir=(ROOT / "models",))
    said: list[str] = []

    with Stack(settings, prefect_port=0, port=0, root=ROOT, say=said.append) as stack:
        told = read_stack(settings)
        assert told == stack.info
        os.kill(told.pids["worker"], signal.SIGKILL)
        with pytest.raises(ChildDiedError, match=r"worker ended by itself \(killed by SIGKILL\)"):
            stack.watch(30)

    assert set(told.pids) == {"prefect", "api", "worker"}
    assert {"prefect is ready", "api is ready", "worker is ready"} <= set(said)
    assert groups() & set(told.pids.values()) == set()
    assert read_stack(settings) is None


def test_a_second_stack_on_one_store_is_refused(system: System) -> None:
    with (
        pytest.raises(ConflictError, match="already"),
        Stack(system.stack.settings, prefect_port=0, port=0, root=ROOT),
    ):
        pytest.fail("two stacks on one store")

    assert worker_is_online(system.stack.settings, system.stack.worker_name)


def test_a_taken_port_is_named_and_nothing_is_started(system: System, tmp_path: Path) -> None:
    taken = int(system.stack.settings.prefect_api_url.rpartition(":")[2].partition("/")[0])
    before = set(psutil.Process().children())

    with (
        pytest.raises(PortInUseError, match=f"Port {taken}"),
        Stack(Settings(store_url=str(tmp_path)), prefect_port=taken, port=0, root=ROOT),
    ):
        pytest.fail("a stack on a taken port")

    assert set(psutil.Process().children()) <= before
