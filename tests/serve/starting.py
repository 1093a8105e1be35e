"""The server as a process of its own, as an operator starts it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx

from headgate.store import open_store
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


@contextmanager
def started(
    folder: Path, *arguments: str, **environment: str
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Serve a model named price and yield process and port; it is ended whatever happens."""
    a_live_model(open_store(str(folder / "runtime")), "price", price())
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
