"""Which requests take the short way: a plain prediction, as nearly all of them are."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from starlette.types import Scope

from headgate.names import MODEL

Kind = Literal["one", "batch", "top-k"]
KINDS: dict[str, Kind] = {"predict": "one", "predict/batch": "batch", "predict/top-k": "top-k"}
NAMED = re.compile(rf"/models/({MODEL.pattern})/(.+)")
RANK = re.compile(rb"k=([1-9][0-9]{0,2})")
JSON_TYPES = frozenset(
    f"application/json{charset}".encode()
    for charset in ("", "; charset=utf-8", ";charset=utf-8", "; charset=UTF-8", ";charset=UTF-8")
)
LONGEST = 64 * 1024
"""More bytes than this are read and decoded where they hold up nobody."""
LONGEST_PATH = 200


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of which model (None = the default one); ``endpoint`` is the route's path."""

    kind: Kind
    model: str | None
    endpoint: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that can be answered on the short way; ``k`` only if it says how many classes."""

    call: Call
    k: int | None
    routing_key: str | None


def match(scope: Scope) -> Asked | None:
    """Return what a request asks, or None if it is not for the short way."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    call = _call(path) if len(path) <= LONGEST_PATH else None
    if call is None:
        return None
    query: bytes = scope["query_string"]
    rank = RANK.fullmatch(query) if call.kind == "top-k" else None
    if query and rank is None:
        return None
    headers: dict[bytes, bytes] = dict(scope["headers"])
    if len(headers) < len(scope["headers"]) or not _is_plain(headers):
        return None
    key = headers.get(b"x-routing-key")
    return Asked(
        call,
        int(rank[1]) if rank else None,
        key.decode("latin-1") if key else None,
    )


def _is_plain(headers: dict[bytes, bytes]) -> bool:
    """Say whether the body is short, uncompressed JSON and the answer may be JSON."""
    length = headers.get(b"content-length", b"")
    return (
        headers.get(b"content-type") in JSON_TYPES
        and length.isdigit()
        and len(length) < 6
        and int(length) <= LONGEST
        and b"content-encoding" not in headers
        and b"expect" not in headers
        and takes_json(headers.get(b"accept", b"*/*")[:LONGEST_PATH])
    )


@lru_cache(maxsize=256)
def takes_json(accept: bytes) -> bool:
    """Say whether JSON is surely what the caller wants.

    >>> takes_json(b"*/*"), takes_json(b"application/json, text/plain, */*"), takes_json(b"text/*")
    (True, True, False)
    """
    kinds = [part.partition(b";")[0].strip().lower() for part in accept.split(b",")]
    return kinds[0] in {b"*/*", b"application/json", b""} and b"text/csv" not in kinds


@lru_cache(maxsize=1024)
def _call(path: str) -> Call | None:
    if path[1:] in KINDS:
        return Call(KINDS[path[1:]], None, path)
    named = NAMED.fullmatch(path)
    if named is None or named[2] not in KINDS:
        return None
    return Call(KINDS[named[2]], named[1], f"/models/{{model}}/{named[2]}")
