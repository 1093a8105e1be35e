"""Refuses at once what could only be answered late."""

from starlette.types import ASGIApp, Receive, Scope, Send

from serve.failures import ErrorResponse

MOST_IN_FLIGHT = 256


class Shedding:
    """Answers 503 while more requests are under way than this server can answer soon.

    Health is always answered: a server that sheds load is alive.
    """

    def __init__(self, app: ASGIApp, most: int = MOST_IN_FLIGHT) -> None:
        self._app = app
        self._most = most
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/health"):
            await self._app(scope, receive, send)
        elif self._in_flight >= self._most:
            detail = (
                f"This server has {self._in_flight} requests under way, as many as it takes. Ask "
                "again after Retry-After seconds."
            )
            await ErrorResponse(503, "OverloadedError", detail)(scope, receive, send)
        else:
            self._in_flight += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self._in_flight -= 1
