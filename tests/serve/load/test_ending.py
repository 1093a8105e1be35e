"""How a server ends: callers are sent away first, and one dead worker is nobody else's loss."""

import os
import signal
import socket
import time
from pathlib import Path
from subprocess import Popen

import httpx
import psutil

from tests.serve.making import AREA
from tests.serve.running import until
from tests.serve.starting import BODY, is_ready, started, workers

HEAD = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def half_sent(port: int) -> socket.socket:
    """Return a connection whose request the server waits for."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY[:5]))
    return connection


def answer(connection: socket.socket) -> bytes:
    connection.settimeout(10)
    said = b""
    while data := connection.recv(65536):
        said += data
    return said


def test_on_sigterm_it_is_not_ready_first_and_ends_when_all_is_answered(tmp_path: Path) -> None:
    with started(tmp_path, HEADGATE_DRAIN_SECONDS="1.5") as (process, port):
        url = f"http://127.0.0.1:{port}"
        pending = half_sent(port)
        told_at = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)

        until(lambda: not is_ready(url), seconds=1)
        health = httpx.get(f"{url}/health", trust_env=False)
        predicted = httpx.post(f"{url}/predict", json=AREA, trust_env=False)
        until(lambda: refuses(port), seconds=10)
        closed_after = time.monotonic() - told_at
        with pending:
            pending.sendall(BODY[5:])
            finished = answer(pending)
        process.wait(10)

    assert (health.status_code, health.json()["status"]) == (503, "draining")
    assert (predicted.status_code, predicted.headers["Connection"]) == (200, "close")
    assert closed_after > 1.4
    assert finished.startswith(b"HTTP/1.1 200")
    assert process.returncode in (0, -signal.SIGTERM)


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionError:
        return True
    return False


def test_a_worker_that_is_killed_is_replaced_and_the_other_notices_nothing(tmp_path: Path) -> None:
    with started(tmp_path, "--workers", "2") as (process, port):
        connections = on_both_workers(process, port)
        killed, kept = connections
        os.kill(killed, signal.SIGKILL)
        codes = []
        while len(set(workers(process)) - {killed}) < 2:
            codes.append(ask(connections[kept]))
        until(lambda: is_ready(f"http://127.0.0.1:{port}"), seconds=60)
        codes.append(ask(connections[kept]))
        for client in connections.values():
            client.close()

    assert set(codes) == {200}


def on_both_workers(process: Popen[str], port: int) -> dict[int, httpx.Client]:
    """Return a kept connection to each worker, by the worker's process."""
    found: dict[int, httpx.Client] = {}
    deadline = time.monotonic() + 30
    while len(found) < 2:
        assert time.monotonic() < deadline, "one worker takes all connections"
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False)
        if ask(client) != 200:
            client.close()
            continue
        for pid in workers(process):
            ends = psutil.Process(pid).net_connections()
            ports = {port for end in ends for port in end.raddr[1:]}
            if ports & own_ports(client) and pid not in found:
                found[pid] = client
        if client not in found.values():
            client.close()
    return found


def own_ports(client: httpx.Client) -> set[int]:
    stream = client.get("/health/live").extensions["network_stream"]
    return {stream.get_extra_info("socket").getsockname()[1]}


def ask(client: httpx.Client) -> int:
    return client.post("/predict", json=AREA).status_code
