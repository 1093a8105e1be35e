"""FastAPI behind plain ASGI callables, which answer or refuse most requests without it."""

from collections.abc import Callable

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send


class Service(FastAPI):
    """An application whose outer layers stand in front of FastAPI's own stack.

    That stack costs more than a prediction; what it need not see does not pass through it.
    """

    _front: ASGIApp | None = None

    def put_in_front(self, layer: Callable[..., ASGIApp], **options: object) -> None:
        """Let a layer see every request before those put there earlier, and before FastAPI."""
        self._front = layer(self._front or super().__call__, **options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self._front or super().__call__)(scope, receive, send)
