"""The parser in pure Python; it bounds the size of a request's head by itself."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

from serve.connections.sweeping import HEAD_SECONDS, watch


class BoundedH11(H11Protocol):
    """A connection that is closed when it is stuck."""

    head_seconds = HEAD_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        watch(self.server_state, self.head_seconds)
