import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import JsonValue, SecretStr

from headgate.client import PrefectClient
from headgate.errors import UnreachableError, UsageError
from tests.fixtures_prefect import free_port

DEPLOYMENT = "batch-infer/default"
SCHEMA: JsonValue = {
    "type": "object",
    "properties": {"run_id": {"type": "string"}, "attempt": {"type": "integer"}},
    "required": ["run_id"],
}


@contextmanager
def listener(answer: bytes | None, *, drip_seconds: float = 0) -> Iterator[str]:
    """Accept connections and answer each with these bytes, or never."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)

        def serve() -> None:
            kept = []
            while not stop.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                kept.append(connection)
                if answer is not None:
                    connection.recv(65536)
                    connection.sendall(answer)
                while drip_seconds and not stop.wait(drip_seconds):
                    connection.sendall(b"1\r\n \r\n")
            for connection in kept:
                connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/api"
        finally:
            stop.set()
            thread.join()


def answered(status: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


def test_a_server_that_is_away_is_said_within_five_seconds() -> None:
    started = time.monotonic()

    with PrefectClient(f"http://127.0.0.1:{free_port()}/api") as client:
        assert client.healthy() is False
        with pytest.raises(UnreachableError, match=r"does not answer .* Start it: headgate up"):
            client.find_run("batch-infer", "k")

    assert time.monotonic() - started < 5


def test_a_server_that_hangs_is_said_within_five_seconds() -> None:
    with listener(None) as api_url, PrefectClient(api_url) as client:
        started = time.monotonic()
        with pytest.raises(UnreachableError, match="no answer in time"):
            client.start(DEPLOYMENT, {}, idempotency_key="k")

    assert time.monotonic() - started < 5


def test_an_answer_that_never_ends_is_cut_off_within_five_seconds() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with (
        listener(head, drip_seconds=0.02) as api_url,
        PrefectClient(api_url, timeout_seconds=0.3) as client,
    ):
        started = time.monotonic()
        with pytest.raises(UnreachableError, match="no answer in time"):
            client.find_run("batch-infer", "k")

    assert time.monotonic() - started < 5


def test_a_server_that_stays_busy_is_unreachable_after_some_patience() -> None:
    with (
        listener(answered("503 Service Unavailable", b"")) as api_url,
        PrefectClient(api_url, patience_seconds=0.2) as client,
        pytest.raises(UnreachableError, match="busy"),
    ):
        client.find_run("batch-infer", "k")


def test_something_else_on_the_port_is_not_taken_for_prefect() -> None:
    with (
        listener(answered("200 OK", b"<html>hello</html>")) as api_url,
        PrefectClient(api_url) as client,
    ):
        assert client.healthy() is False
        with pytest.raises(UnreachableError, match="not Prefect"):
            client.find_run("batch-infer", "k")


def test_refused_credentials_name_the_setting_and_not_the_secret() -> None:
    with (
        listener(answered("401 Unauthorized", b'{"detail": "Unauthorized"}')) as api_url,
        PrefectClient(api_url, auth=SecretStr("admin:s3cret")) as client,
        pytest.raises(UsageError, match="PREFECT_API_AUTH_STRING") as caught,
    ):
        client.find_run("batch-infer", "k")

    assert "s3cret" not in str(caught.value)


def test_a_password_in_the_address_is_never_shown() -> None:
    address = f"http://admin:s3cret@127.0.0.1:{free_port()}/api"
    with PrefectClient(address) as client, pytest.raises(UnreachableError) as caught:
        client.read_run(str(uuid4()))

    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in client.api_url


@pytest.mark.parametrize("address", ["127.0.0.1:4200/api", "ftp://host/api", "", "http://"])
def test_an_address_that_is_no_url_names_the_setting(address: str) -> None:
    with pytest.raises(UsageError, match="PREFECT_API_URL"):
        PrefectClient(address)


def test_the_client_imports_no_prefect() -> None:
    script = "import sys, headgate.client; sys.exit('prefect' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2])

    assert done.returncode == 0
