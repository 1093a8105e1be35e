"""The server as a process of its own, as an operator starts it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO

import httpx
import psutil

from headgate.store import Store, open_store
from tests.fixtures_prefect import free_port
from tests.serve.making import AREA, a_live_model, price
from tests.serve.running import until

ROOT = Path(__file__).parents[2]
BODY = json.dumps(AREA).encode()


def start(
    folder: Path, *arguments: str, log: IO[str] | None = None, **environment: str
) -> subprocess.Popen[str]:
    """Start it in a folder; without ``log`` what it says is kept for whoever communicates."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("HEADGATE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "serve", *arguments],
        cwd=folder,
        env=inherited | {"PYTHONPATH": str(ROOT)} | environment,
        stderr=log or subprocess.PIPE,
        text=True,
    )


def a_price(store: Store) -> None:
    """Make a model named price live; scikit-learn answers for it."""
    a_live_model(store, "price", price())


Process = subprocess.Popen[str]


def started(
    folder: Path, *arguments: str, **environment: str
) -> AbstractContextManager[tuple[Process, int]]:
    """Serve that model, as `started_with` does."""
    return started_with(a_price, folder, *arguments, **environment)


@contextmanager
def started_with(
    live: Callable[[Store], None], folder: Path, *arguments: str, **environment: str
) -> Iterator[tuple[Process, int]]:
    """Serve what is made live, and yield process and port; it is ended whatever happens."""
    live(open_store(str(folder / "runtime")))
    port = free_port()
    # A pipe that nobody reads is full after some hundred lines, and then the server waits.
    with (
        (folder / "server.log").open("w") as log,
        start(folder, "--port", str(port), *arguments, log=log, **environment) as process,
    ):
        try:
            until(lambda: is_ready(f"http://127.0.0.1:{port}"), seconds=60)
            yield process, port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(40)


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def workers(process: subprocess.Popen[str]) -> list[int]:
    """Return the processes that answer for a server of several workers."""
    children = psutil.Process(process.pid).children(recursive=True)
    return [child.pid for child in children if _is_worker(child)]


def _is_worker(child: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(child.cmdline())
    except psutil.NoSuchProcess:
        return False
