"""A child process that is never left behind: its own group, a log, and a bounded stop."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from headgate.errors import HeadgateError

GRACE_SECONDS = 10.0
TAIL_LINES = 15
TAIL_BYTES = 16_000
PR_SET_PDEATHSIG = 1


class ChildDiedError(HeadgateError):
    """A process that should run has ended."""

    def __init__(self, child: "Child") -> None:
        said = child.last_lines() or "(nothing)"
        super().__init__(
            f"{child.name} ended by itself ({_ending(child.returncode)}). Its log is {child.log}; "
            f"the last lines:\n{said}"
        )


class Child:
    """One process and its log file; started at once, by the thread that also stops it.

    On Linux the process is told to stop when that thread ends in whatever way, so that not even a
    SIGKILL of the parent leaves it running.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        cwd: Path,
        log: Path,
        own_group: bool = True,
    ) -> None:
        self.name = name
        self.log = log
        self._own_group = own_group
        self._asked = False
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            self._log_start = out.tell()
            self._process = subprocess.Popen(  # noqa: S603 - our own commands
                command,
                env=dict(environment),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=own_group,
                preexec_fn=_dies_with_its_parent(),
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._process.poll()

    def check_alive(self) -> None:
        """Refuse to go on without it.

        Raises:
            ChildDiedError: with the end of its log.
        """
        if self.returncode is not None:
            raise ChildDiedError(self)

    def last_lines(self, n: int = TAIL_LINES) -> str:
        """Return the end of what it has said since it was started."""
        size = self.log.stat().st_size
        with self.log.open("rb") as file:
            file.seek(max(self._log_start, size - TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
        return "\n".join(lines[-n:])

    def ask_to_stop(self) -> None:
        """Send SIGTERM to it and to what it started; once, because twice means impatience."""
        if not self._asked:
            self._asked = True
            self._signal(signal.SIGTERM)

    def stop(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """Stop it and everything in its group: politely, then by force."""
        self.ask_to_stop()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(grace_seconds)
        # Also when it has ended: what it started may still be there.
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._wait_for_group()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            if self._own_group:
                os.killpg(self.pid, number)
            else:
                self._process.send_signal(number)

    def _wait_for_group(self, seconds: float = 5.0) -> None:
        deadline = time.monotonic() + seconds
        with suppress(ProcessLookupError):
            while self._own_group and time.monotonic() < deadline:
                os.killpg(self.pid, 0)
                time.sleep(0.02)


def _ending(returncode: int | None) -> str:
    if returncode is not None and returncode < 0:
        return f"killed by {signal.Signals(-returncode).name}"
    return f"exit code {returncode}"


def _dies_with_its_parent() -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    # Looked up here: between fork and exec there is no time for imports.
    prctl = ctypes.CDLL(None).prctl

    def ask_the_kernel() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    return ask_the_kernel
