"""The caller's trace, carried to whatever is asked on its behalf."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_HEADER: ContextVar[str | None] = ContextVar("traceparent", default=None)


@contextmanager
def trace_parent(header: str | None) -> Iterator[None]:
    """Let requests that are made inside carry this ``traceparent``."""
    token = _HEADER.set(header)
    try:
        yield
    finally:
        _HEADER.reset(token)


def trace_headers() -> dict[str, str]:
    """Return the header that carries the trace, or none."""
    header = _HEADER.get()
    return {"traceparent": header} if header else {}
