"""Ids of requests: the caller's own where they are harmless, else ours."""

import itertools
import re
import secrets
from typing import NamedTuple, Self

from starlette.types import Scope

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
TRACEPARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


class TraceParent(NamedTuple):
    """The caller's span, as the W3C's header ``traceparent`` names it (lower-case hex)."""

    trace_id: str
    parent_id: str
    flags: str

    @classmethod
    def parse(cls, header: bytes) -> Self | None:
        """Return the caller's span, or None when the header is not exactly as the W3C says.

        >>> TraceParent.parse(b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01").flags
        '01'
        >>> TraceParent.parse(b"00-" + b"0" * 32 + b"-" + b"b" * 16 + b"-01")
        """
        match = TRACEPARENT.fullmatch(header)
        if match is None or match[1] == b"ff":
            return None
        if match[1] == b"00" and match[5] is not None:
            return None
        trace_id, parent_id = match[2].decode(), match[3].decode()
        if not trace_id.strip("0") or not parent_id.strip("0"):
            return None
        return cls(trace_id, parent_id, match[4].decode())

    @property
    def header(self) -> str:
        """The span as it is passed on."""
        return f"00-{self.trace_id}-{self.parent_id}-{self.flags}"


class RequestIds(NamedTuple):
    """The id of one request, and the caller's span if it sent one."""

    request_id: str
    trace: TraceParent | None


class IdSource:
    """Reads the ids of requests; own ones are this process's nonce and a counter."""

    def __init__(self) -> None:
        self._nonce = secrets.token_hex(6)
        self._numbers = itertools.count(1)

    def read(self, scope: Scope) -> RequestIds:
        """Return the ids of a raw ASGI request; a header that is unfit counts as absent."""
        own: bytes | None = None
        parents: list[bytes] = []
        for name, value in scope["headers"]:
            if name == b"x-request-id":
                own = value
            elif name == b"traceparent":
                parents.append(value)
        trace = TraceParent.parse(parents[0]) if len(parents) == 1 else None
        if own is not None and REQUEST_ID.fullmatch(own):
            return RequestIds(own.decode(), trace)
        return RequestIds(f"{self._nonce}-{next(self._numbers)}", trace)
