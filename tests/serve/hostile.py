"""Requests that nobody sends in good faith; the same ones for the same seed."""

import gzip
import json
import random
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from tests.serve.making import FLOWER

LIMIT = 4 * 1024**2
JSON = {"Content-Type": "application/json"}
GZIP = JSON | {"Content-Encoding": "gzip"}
ROW_PATHS = ("/predict", "/models/flower/predict", "/predict/top-k")
BATCH_PATHS = ("/predict/batch", "/models/flower/predict/batch")
PATHS = (*ROW_PATHS, *BATCH_PATHS, "/infer", "/v2/models/flower/infer", "/invocations")
WRONG = {
    "length": ("5.5", True, [5.5], {"a": 1}, None, float("nan"), float("inf"), -float("inf")),
    "petals": ("5", False, [5], 5.5, None, 10**30, -(10**400), float("nan")),
    "colour": (3, True, ["red"], {"red": 1}, None, "", "x" * 100_000, "\ud800", "réd\u0000"),
}


@dataclass(frozen=True)
class Hostile:
    """A POST; ``what`` names it in a failed test."""

    what: str
    path: str
    body: bytes
    headers: dict[str, str]


def hostile(seed: int, n: int) -> Iterator[Hostile]:
    """Make ``n`` of them, of every kind in turn."""
    chance = random.Random(seed)
    for number in range(n):
        kind = KINDS[number % len(KINDS)]
        path = chance.choice(PATHS)
        body, headers = kind(chance, path)
        yield Hostile(f"{number} {kind.__name__} {path}", path, body, headers)


def _said(path: str, row: object) -> bytes:
    """Write a row as a path takes it, with whatever Python would write that is no JSON."""
    if path in ROW_PATHS:
        body = row
    elif path.endswith("/invocations"):
        body = {"dataframe_records": [row]}
    elif path.startswith("/v2/"):
        body = {"inputs": [{"name": "length", "shape": [1], "datatype": "FP64", "data": [row]}]}
    else:
        body = {"instances": [row]} | ({"model": "flower"} if path == "/infer" else {})
    return json.dumps(body).encode()


Made = tuple[bytes, dict[str, str]]


def wrong_type(chance: random.Random, path: str) -> Made:
    row = dict(FLOWER)
    for name in chance.sample(list(WRONG), chance.randint(1, 3)):
        row[name] = chance.choice(WRONG[name])  # type: ignore[assignment]
    return _said(path, row), JSON


def cut_off(chance: random.Random, path: str) -> Made:
    body = _said(path, FLOWER)
    return body[: chance.randint(1, len(body) - 1)], JSON


def noise(chance: random.Random, _: str) -> Made:
    return b"{" + chance.randbytes(chance.choice([8, 1000, 100_000])), JSON


def sprinkled(chance: random.Random, path: str) -> Made:
    body = bytearray(_said(path, FLOWER))
    for _ in range(chance.randint(1, 5)):
        body.insert(chance.randrange(len(body)), chance.choice(b"\x00\x01{}[\xff\xc0"))
    return bytes(body) + b"}", JSON


def endless_number(chance: random.Random, path: str) -> Made:
    number = chance.choice(
        [b"9" * 5000, b"-" + b"9" * 50_000, b"1e999", b"-1e99999", b"0x10", b"+1"]
    )
    return _said(path, FLOWER | {"length": "HERE"}).replace(b'"HERE"', number), JSON


def nested(chance: random.Random, path: str) -> Made:
    depth = chance.choice([40, 500, 5_000, 200_000])
    opened, closed = chance.choice([(b"[", b"]"), (b'{"a":', b"}")])
    deep = opened * depth + b"1" + closed * depth
    return chance.choice([deep, _said(path, "HERE").replace(b'"HERE"', deep)]), JSON


def many_keys(chance: random.Random, path: str) -> Made:
    n_keys = chance.choice([10, 1000, 50_000])
    return _said(path, FLOWER | {f"key_{number}": number for number in range(n_keys)}), JSON


def twice(_: random.Random, path: str) -> Made:
    return _said(path, FLOWER).replace(b'"length"', b'"length": 1, "length"'), JSON


def bomb(chance: random.Random, path: str) -> Made:
    big = _bomb(chance.choice([b" ", b"["]), chance.choice([LIMIT, 20 * LIMIT]))
    whole = gzip.compress(_said(path, FLOWER))
    wrong = [big, big[:1000], whole[:-4], whole + b"more", whole + whole, b"no gzip", b""]
    return chance.choice(wrong), GZIP


@cache
def _bomb(filling: bytes, n_bytes: int) -> bytes:
    return gzip.compress(b'{"a":' + filling * n_bytes, 6)


def too_large(chance: random.Random, _: str) -> Made:
    return chance.choice([b"[" * LIMIT * 2, b" " * (LIMIT + 1), b"9" * LIMIT * 3]), JSON


def odd_kind(chance: random.Random, path: str) -> Made:
    kinds = [
        "text/html",
        "application/xml",
        "application/json; charset=utf-7",
        "x" * 5000,
        "",
        "\xff",
    ]
    odd = [{"Content-Type": kind} for kind in kinds]
    odd += [JSON | {"Content-Encoding": "br"}, JSON | {"Content-Encoding": "gzip, gzip"}]
    return _said(path, FLOWER), chance.choice(odd)


KINDS: tuple[Callable[[random.Random, str], Made], ...] = (
    wrong_type,
    cut_off,
    noise,
    sprinkled,
    endless_number,
    nested,
    many_keys,
    twice,
    bomb,
    too_large,
    odd_kind,
)


RAW: dict[str, tuple[bytes, ...]] = {
    "half a body, then nothing": (b"Content-Length: 100\r\n\r\n{", b""),
    "a chunk, then nothing": (b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", b""),
    "no body at all": (b"Content-Length: 10\r\n\r\n", b""),
    "byte by byte": (b"Content-Length: 1000\r\n\r\n", *[b" "] * 40),
    "a length that is none": (b"Content-Length: -5\r\n\r\n{}",),
    "two lengths": (b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",),
    "a length and chunks": (b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",),
    "a chunk of no length": (b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n",),
    "a header without a name": (b": x\r\nContent-Length: 2\r\n\r\n{}",),
    "a head without end": (b"X: ", *[b"x" * 30_000] * 5),
}
"""What a client of HTTP does not send: pieces behind the first two lines, a little apart."""


def raw_status(host: str, port: int, name: str, pause: float = 0.02) -> int:
    """Send one of them; return the status of the answer, 0 if the connection just ended."""
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with socket.create_connection((host, port), timeout=20) as connection:
        said = b""
        try:
            connection.sendall(head)
            for piece in RAW[name]:
                connection.sendall(piece)
                time.sleep(pause)
            said = connection.recv(65536)
        except ConnectionError:
            pass
    return int(said.split()[1]) if said else 0
