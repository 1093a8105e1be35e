"""Connections that neither stay open for ever nor fill the memory before there is a request."""

import asyncio
from importlib.util import find_spec


def protocol() -> type[asyncio.Protocol]:
    """Return what reads HTTP: the fast parser where it is installed, bounded like the other."""
    if find_spec("httptools") is None:
        from serve.connections.bounded_h11 import BoundedH11

        return BoundedH11
    from serve.connections.bounded_httptools import BoundedHttpTools

    return BoundedHttpTools
