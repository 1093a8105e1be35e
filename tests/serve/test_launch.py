"""Starting the server: where it may listen, and that it ends in time."""

import json
import signal
import socket
from pathlib import Path

import httpx
import pytest

from headgate.store import open_store
from tests.fixtures_prefect import free_port
from tests.serve.making import AREA, a_live_model, price
from tests.serve.running import until
from tests.serve.starting import is_ready, start


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])  # noqa: S104
def test_listening_beyond_this_machine_without_keys_is_refused(tmp_path: Path, host: str) -> None:
    with start(tmp_path, "--host", host, "--port", "0") as process:
        _, said = process.communicate(timeout=30)

    assert process.returncode == 2
    assert "HEADGATE_API_KEYS" in said


def test_a_file_of_keys_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("hg_the-key-itself\n")
    with start(tmp_path, "--host", "0.0.0.0", HEADGATE_API_KEYS_FILE="keys") as process:  # noqa: S104
        _, said = process.communicate(timeout=30)

    assert process.returncode == 2
    assert "Line 1" in said
    assert "itself" not in said.replace("never the key itself", "")


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
