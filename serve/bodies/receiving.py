"""Reads a body's bytes, no more of them than the limit."""

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope

from serve.errors import BodyTooLargeError

# A client that is refused while it still sends sees a broken connection, not the answer: what is
# over the limit is read and thrown away, up to this much more.
DISCARD_BYTES = 64 * 1024**2


async def receive_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """Return the body as it was sent. How long it may take is watched by `serve.load.arrivals`.

    Raises:
        BodyTooLargeError: if it is over ``limit`` bytes.
        ClientDisconnect: if the client hung up before all of it was there.
    """
    if _too_large_and_unsent(scope, limit):
        raise BodyTooLargeError(limit)
    message = await receive()
    body: bytes = message.get("body", b"")
    if message["type"] == "http.request" and not message.get("more_body") and len(body) <= limit:
        return body
    return await _receive_rest(message, receive, limit)


async def _receive_rest(message: Message, receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        else:
            chunks.clear()
        if not message.get("more_body") or size > limit + DISCARD_BYTES:
            break
        message = await receive()
    if size > limit:
        raise BodyTooLargeError(limit)
    return b"".join(chunks)


def _too_large_and_unsent(scope: Scope, limit: int) -> bool:
    """Say whether the client waits for a sign to send what would be refused."""
    declared = expects = b""
    for name, value in scope["headers"]:
        if name == b"content-length":
            declared = value
        elif name == b"expect":
            expects = value
    if expects.lower() != b"100-continue" or not declared.isdigit():
        return False
    return len(declared) > 19 or int(declared) > limit
