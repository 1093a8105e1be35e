"""The parser in C, with a bound on a request's head, which it has not of its own."""

import asyncio
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from serve.connections.joined_writes import JoinedWrites
from serve.connections.sweeping import HEAD_SECONDS, watch

MOST_HEAD_BYTES = 64 * 1024
BODY = (
    b'{"error":"HeadTooLargeError","detail":"The head of the request is over 65536 bytes. Send '
    b'shorter headers, and what is long in the body.","fields":[]}'
)
TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/json\r\n"
    b"connection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(BODY), BODY)
)


class BoundedHttpTools(HttpToolsProtocol):
    """A connection that is closed when it is stuck, or sends more head than anybody needs."""

    head_seconds = HEAD_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast(asyncio.Transport, JoinedWrites(transport)))
        self._n_unused = 0
        watch(self.server_state, self.head_seconds)

    def data_received(self, data: bytes) -> None:
        # Counts up to the next whole head or piece of a body, whatever the bytes in between are.
        self._n_unused += len(data)
        super().data_received(data)
        if self._n_unused > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(TOO_LARGE)
            self.transport.close()

    def on_headers_complete(self) -> None:
        self._n_unused = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._n_unused = 0
        super().on_body(body)
