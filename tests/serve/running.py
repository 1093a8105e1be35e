"""A real server on a free loopback port, in a thread of the test."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import uvicorn

from headgate.settings import Settings
from serve.app import create_app
from serve.connections import protocol
from serve.telemetry import LineSink, Telemetry
from tests.serve.telemetry.reading import KeptLines


@contextmanager
def running(settings: Settings, log: LineSink | None = None) -> Iterator[httpx.Client]:
    """Serve, and yield a client of the server; ``log`` gets the lines about requests."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        create_app(settings, Telemetry.of(settings, sink=log or KeptLines())),
        http=protocol(),
        log_config=None,
        access_log=False,
        server_header=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        until(lambda: server.started or not thread.is_alive())
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx.Client(base_url=address, timeout=30, trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()
    assert not thread.is_alive()


def until(true: Callable[[], bool], seconds: float = 15) -> None:
    """Wait until something is true, looking often."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.01)
