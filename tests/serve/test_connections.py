"""Connections that send nothing, little, too much, or take nothing are not kept."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from serve.connections.bounded_h11 import BoundedH11
from serve.connections.bounded_httptools import MOST_HEAD_BYTES, BoundedHttpTools
from tests.serve.running import until

SECONDS = 0.4
HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"
N_BODY = 10 * MOST_HEAD_BYTES
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % N_BODY
MUCH = 64 * 1024**2


class QuickH11(BoundedH11):
    head_seconds = SECONDS


class QuickHttpTools(BoundedHttpTools):
    head_seconds = SECONDS


async def app(scope: Scope, _: Receive, send: Send) -> None:
    """Answer at once; much, if asked for much; to a POST without having read it."""
    if scope["type"] == "http":
        body = b"x" * (MUCH if scope["path"] == "/much" else 2)
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module", params=[QuickHttpTools, QuickH11])
def address(request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, http=request.param, lifespan="off", log_config=None, timeout_keep_alive=60
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    until(lambda: server.started)
    yield listener.getsockname()
    server.should_exit = True
    thread.join(10)
    listener.close()


def closed_within(connection: socket.socket, seconds: float) -> bool:
    """Say whether the server ends the connection; what it still sends is thrown away."""
    connection.settimeout(seconds)
    try:
        while connection.recv(65536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET / HT", HEAD, b"\r\n\r\n"],
    ids=["nothing", "half a line", "no end of the head", "empty lines"],
)
def test_who_sends_no_whole_head_is_not_kept(address: tuple[str, int], sent: bytes) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(sent)

        assert closed_within(connection, 5 * SECONDS)


def test_after_an_answer_no_less_is_asked(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(HEAD + b"\r\n")
        assert answered(connection)
        connection.sendall(HEAD)

        assert closed_within(connection, 5 * SECONDS)


def test_who_sends_a_head_byte_by_byte_is_not_kept(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        assert refused(connection, [bytes([byte]) for byte in HEAD * 10], SECONDS / 20)


def test_an_idle_connection_between_two_requests_is_kept(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        for _ in range(2):
            connection.sendall(HEAD + b"\r\n")
            assert answered(connection)
            time.sleep(2 * SECONDS)


def test_who_does_not_take_the_answer_is_not_kept(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(HEAD.replace(b"/ ", b"/much ") + b"\r\n")
        time.sleep(4 * SECONDS)

        assert n_received(connection) < MUCH


def test_who_takes_it_slowly_gets_it(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(HEAD.replace(b"/ ", b"/much ") + b"\r\n")
        time.sleep(SECONDS / 2)

        assert n_received(connection, most=MUCH) >= MUCH


@pytest.mark.parametrize("piece", [b"X: " + b"x" * 60_000 + b"\r\n", b"x" * 60_000])
def test_a_head_without_end_is_refused(address: tuple[str, int], piece: bytes) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(HEAD + b"Y: ")

        assert refused(connection, [piece] * 1000, 0.001)


def test_a_body_that_nobody_reads_may_be_longer_than_a_head(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(POST)
        assert answered(connection)
        for _ in range(10):
            connection.sendall(b"x" * (N_BODY // 10))
        connection.sendall(HEAD + b"\r\n")

        assert answered(connection)


def answered(connection: socket.socket) -> bool:
    said = b""
    while not said.endswith(b"\r\n\r\nxx"):
        said += connection.recv(65536)
    return said.startswith(b"HTTP/1.1 200")


def refused(connection: socket.socket, pieces: list[bytes], pause: float) -> bool:
    """Say whether the server ends the connection while pieces are sent."""
    try:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause)
    except ConnectionError:
        return True
    return False


def n_received(connection: socket.socket, most: int | None = None) -> int:
    connection.settimeout(2)
    n_bytes = 0
    try:
        while (most is None or n_bytes < most) and (data := connection.recv(1 << 20)):
            n_bytes += len(data)
    except (TimeoutError, ConnectionError):
        pass
    return n_bytes
