"""Sends an answer as raw ASGI messages, with the headers every answer has."""

from starlette.types import Receive, Scope, Send

from serve.failures import ErrorResponse
from serve.headers import SECURE

START = ((b"content-type", b"application/json"), *SECURE)


async def send_json(body: bytes, request_id: str, send: Send) -> None:
    """Send JSON with the status 200."""
    headers = [
        *START,
        (b"content-length", b"%d" % len(body)),
        (b"x-request-id", request_id.encode()),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_error(
    answer: ErrorResponse, request_id: str, scope: Scope, receive: Receive, send: Send
) -> None:
    """Send a refusal."""
    answer.raw_headers.extend([*SECURE, (b"x-request-id", request_id.encode())])
    await answer(scope, receive, send)
