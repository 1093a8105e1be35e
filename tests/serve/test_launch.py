"""Starting the server: where it may listen, and that it ends in time."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from headgate.store import open_store
from tests.fixtures_prefect import free_port
from tests.serve.making import AREA, a_live_model, price
from tests.serve.running import until

ROOT = Path(__file__).parents[2]


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("HEADGATE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "serve", *arguments],
        cwd=folder,
        env=inherited | {"PYTHONPATH": str(ROOT)} | environment,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])  # noqa: S104
def test_listening_beyond_this_machine_without_keys_is_refused(tmp_path: Path, host: str) -> None:
    with start(tmp_path, "--host", host, "--port", "0") as process:
        _, said = process.communicate(timeout=30)

    assert process.returncode == 2
    assert "HEADGATE_API_KEYS" in said


def test_a_wrong_setting_is_refused(tmp_path: Path) -> None:
    with start(tmp_path, HEADGATE_STORE_URI="x") as process:
        _, said = process.communicate(timeout=30)

    assert process.returncode == 2
    assert "HEADGATE_STORE_URL" in said


def test_a_port_that_is_taken_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with start(tmp_path, "--port", port) as process:
            _, said = process.communicate(timeout=30)

    assert process.returncode == 1
    assert said.startswith("This server cannot listen on 127.0.0.1 port " + port)
    assert said.count("\n") == 1


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_server_serves_and_ends_when_told(tmp_path: Path, workers: str) -> None:
    a_live_model(open_store(str(tmp_path / "runtime")), "price", price())
    port = free_port()
    url = f"http://127.0.0.1:{port}"

    with start(tmp_path, "--port", str(port), "--workers", workers) as process:
        try:
            until(lambda: is_ready(url), seconds=60)
            answer = httpx.post(f"{url}/predict", json=AREA, trust_env=False)
        finally:
            process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)

    assert answer.json()["version"] == "v0001"
    assert process.returncode in (0, -signal.SIGTERM)
    assert "model=price serving=v0001" in said
    assert json.dumps(AREA) not in said


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
