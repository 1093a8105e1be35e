"""A real Prefect server on a free loopback port, one for the whole test session."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import JsonValue

from headgate.prefect_http import PrefectHttp

START_SECONDS = 90
STOP_SECONDS = 15


def free_port() -> int:
    """Return a port nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def prefect_environment(home: Path, api_url: str) -> dict[str, str]:
    """Return the environment of a process that uses this server and keeps to itself."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    return inherited | {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": api_url,
        "PREFECT_SERVER_UI_API_URL": api_url,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "DO_NOT_TRACK": "1",
    }


def deploy(api_url: str, flow: str, schema: JsonValue) -> None:
    """Make or renew the deployment ``<flow>/default`` on the work pool ``headgate``."""
    http = PrefectHttp(api_url, auth=None, timeout_seconds=30, patience_seconds=30)
    try:
        if http.send("GET", "/work_pools/headgate").status_code == httpx.codes.NOT_FOUND:
            http.ask("POST", "/work_pools/", {"name": "headgate", "type": "process"})
        body: JsonValue = {
            "name": "default",
            "flow_id": http.ask("POST", "/flows/", {"name": flow}).json()["id"],
            "work_pool_name": "headgate",
            "parameter_openapi_schema": schema,
            "enforce_parameter_schema": True,
        }
        http.ask("POST", "/deployments/", body)
    finally:
        http.close()


@pytest.fixture(scope="session")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prefect")


@pytest.fixture(scope="session")
def prefect_api(prefect_home: Path) -> Iterator[str]:
    """Start a server, yield the address of its API, and stop it."""
    port = free_port()
    api_url = f"http://127.0.0.1:{port}/api"
    environment = prefect_environment(prefect_home, api_url)
    # The server itself must not take itself for its client.
    del environment["PREFECT_API_URL"]
    command = [sys.executable, "-m", "prefect", "server", "start"]
    with (prefect_home / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_healthy(server, api_url, prefect_home / "server.log")
            yield api_url
        finally:
            _stop(server)


def _wait_until_healthy(server: subprocess.Popen[bytes], api_url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(f"{api_url}/health", timeout=2, trust_env=False).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise RuntimeError(f"Prefect's server did not start:\n{log.read_text()[-2000:]}")


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
