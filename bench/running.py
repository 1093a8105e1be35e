"""Starting a candidate, waiting for its first answer, and ending everything it started."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from bench.candidates import ONE_THREAD, At, Candidate, Start
from bench.problems import Problem
from bench.wrk import family

START_SECONDS = 120


class DidNotStartError(RuntimeError):
    """A candidate gave no usable answer in time."""


@dataclass(frozen=True, slots=True)
class Running:
    """A started candidate; ``start_seconds`` until its first 200 to a real body."""

    url: str
    pid: int
    key: str | None
    start_seconds: float


@contextlib.contextmanager
def started(candidate: Candidate, problem: Problem, work: Path) -> Iterator[Running]:
    """Run a candidate, asked once successfully.

    Raises:
        DidNotStartError: with the end of what it printed.
    """
    port = free_port()
    start = candidate.start(problem, At(port, work))
    log = work / "logs" / f"{problem.name}-{candidate.name.replace(' ', '_')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, **ONE_THREAD, "DO_NOT_TRACK": "1", **start.environment}
    begun = time.perf_counter()
    with log.open("wb") as out:
        process = subprocess.Popen(
            start.command,
            cwd=start.folder,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}{start.path}"
        _wait(url, start, candidate.body(problem.rows[:1]), process, log)
        yield Running(url, process.pid, start.key, time.perf_counter() - begun)
    finally:
        _end(process)


def _wait(url: str, start: Start, body: bytes, process: subprocess.Popen[bytes], log: Path) -> None:
    headers = {"Content-Type": "application/json"}
    if start.key:
        headers["Authorization"] = f"Bearer {start.key}"
    said = ""
    deadline = time.monotonic() + START_SECONDS
    with httpx.Client(trust_env=False, timeout=10) as client:
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(httpx.HTTPError):
                answer = client.post(url, content=body, headers=headers)
                if answer.status_code == httpx.codes.OK:
                    return
                said = f"{answer.status_code} {answer.text[:300]}"
            time.sleep(0.02)
    raise DidNotStartError(f"{said}\n{log.read_text(errors='replace')[-1500:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        own = family(process.pid)
        for member in own:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.send_signal(signal.SIGTERM)
        _, alive = psutil.wait_procs(own, timeout=5)
        for member in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
    process.wait()


def free_port() -> int:
    """Return a port that nothing listens on, with two free ones behind it."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = int(server.getsockname()[1])
        with contextlib.suppress(OSError):
            for extra in (port + 1, port + 2):
                socket.create_server(("127.0.0.1", extra)).close()
            return port
