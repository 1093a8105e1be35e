"""A real server in processes of its own, whose log goes to a file."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.fixtures_prefect import free_port
from tests.serve.running import until

ROOT = Path(__file__).parents[2]


@contextmanager
def serving(folder: Path, *arguments: str, port: int | None = None) -> Iterator[int]:
    """Serve the store ``runtime`` of a folder until told otherwise, and yield the port.

    A pipe for the log would fill under load, and the server would wait for its reader.
    """
    port = port or free_port()
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("HEADGATE_")}
    command = [sys.executable, "-m", "serve", "--port", str(port), *arguments]
    with (folder / f"serve-{port}.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=inherited | {"PYTHONPATH": str(ROOT)}, stderr=log
        )
    try:
        until(lambda: process.poll() is not None or is_ready(port), seconds=60)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(40)


def is_ready(port: int) -> bool:
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/health/ready", trust_env=False)
    except httpx.HTTPError:
        return False
    return answer.status_code == 200
