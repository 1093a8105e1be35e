"""Load on a server: connections that ask one after another, in a process of their own."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context

HEAD = (
    "POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    "Content-Length: {}\r\n\r\n"
)
# Else the worker that happens to be awake when the load begins would answer everything.
RENEWED_AFTER = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """One request: when it was answered, by the machine's clock, how fast and what was said.

    ``status`` is 0 where there was no answer. ``worker`` names the process that answered.
    """

    at: float
    seconds: float
    status: int
    version: str = ""
    worker: str = ""
    prediction: float | str = 0.0


Pressing = Callable[[int, bytes, int, float], "Future[list[Seen]]"]


@contextmanager
def presser() -> Iterator[Pressing]:
    """Yield what puts load on a port: body, number of connections, seconds."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        # Started now, so that its start is no part of what is measured.
        pool.submit(time.monotonic).result()
        yield lambda port, body, n, seconds: pool.submit(press, port, body, n, seconds)


def until_all_answer(press: Pressing, port: int, body: bytes, n_workers: int) -> None:
    """Wait until every worker was seen: the first may be ready long before the last."""
    deadline = time.monotonic() + 60
    while len({seen.worker for seen in press(port, body, 16, 0.3).result(30)}) < n_workers:
        assert time.monotonic() < deadline, "not all workers answer"


def press(port: int, body: bytes, n_connections: int, seconds: float) -> list[Seen]:
    """Ask for so long, and return everything that was seen."""
    return asyncio.run(_press(port, body, n_connections, time.monotonic() + seconds))


async def _press(port: int, body: bytes, n_connections: int, until: float) -> list[Seen]:
    seen: list[Seen] = []
    request = HEAD.format(len(body)).encode() + body
    await asyncio.gather(*(_ask_on(port, request, until, seen) for _ in range(n_connections)))
    return seen


async def _ask_on(port: int, request: bytes, until: float, seen: list[Seen]) -> None:
    while time.monotonic() < until:
        started = time.monotonic()
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for _ in range(RENEWED_AFTER):
                started = time.monotonic()
                if started >= until:
                    break
                writer.write(request)
                status, body = await _answer(reader)
                seen.append(_seen(started, status, body))
            writer.close()
        except (OSError, asyncio.IncompleteReadError):
            now = time.monotonic()
            seen.append(Seen(now, now - started, 0))
            await asyncio.sleep(0.05)


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]
    return int(head[9:12]), await reader.readexactly(int(length))


def _seen(started: float, status: int, body: bytes) -> Seen:
    now = time.monotonic()
    if status != 200:
        return Seen(now, now - started, status)
    answer = json.loads(body)
    worker = answer["prediction_id"].rpartition("-")[2][:12]
    return Seen(now, now - started, status, answer["version"], worker, answer["prediction"])
