"""Refuses at once what could only be answered late, so that the others are answered in time."""

import asyncio
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from headgate.settings import Settings
from serve.load.arrivals import Arrival, Arriving, Lane
from serve.load.concurrency import Limit
from serve.load.draining import Draining
from serve.load.refusals import Refusals

LOOK_SECONDS = 0.2
MOST_ARRIVING = 1024
MOST_BODY_BYTES = 128 * 1024**2
# A server that sheds load is alive, and says how much it sheds.
ALWAYS = ("/health", "/metrics", "/v2/health", "/ping")
PREDICTIONS = ("/predict", "/predict/batch", "/predict/top-k", "/invocations")


class Shedding:
    """Bounds what is under way, predictions apart from all else, before a body is read.

    A request waits for us from its last byte on. How many may do so follows how long they wait
    (`serve.load.concurrency`); those whose body is still coming are bounded by number, bytes and
    time.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        draining: Draining,
        refusals: Refusals,
        most_body_bytes: int = MOST_BODY_BYTES,
    ) -> None:
        self._app = app
        self._draining = draining
        self._refusals = refusals
        self._body_seconds = settings.body_seconds
        self._arriving = Arriving(most_body_bytes, settings.max_body_bytes)
        self._predictions = Lane(Limit(settings.max_in_flight))
        self._others = Lane(Limit(settings.max_in_flight))
        self._looking: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(ALWAYS):
            await self._app(scope, receive, send)
            return
        loop = self._followed()
        if self._draining.started:
            send = _last(send)
        lane = self._predictions if _is_prediction(scope) else self._others
        if reason := self._why_not(lane):
            await self._refusals.refuse(reason, scope, receive, send)
            return
        arrival = Arrival(receive, scope["method"], self._arriving, lane, loop)
        try:
            await self._app(scope, arrival, send)
        finally:
            arrival.end()

    def _why_not(self, lane: Lane) -> str | None:
        if lane.full:
            return "busy"
        if self._arriving.n_bytes >= self._arriving.most_bytes:
            return "bytes"
        return "arriving" if len(self._arriving.since) >= MOST_ARRIVING else None

    def _followed(self) -> asyncio.AbstractEventLoop:
        """See to it that the waiting is followed, and return the loop on which it is."""
        if self._looking is None or self._loop is None:
            # Asked for once: on every request it would cost a system call.
            self._loop = asyncio.get_running_loop()
            self._look_later(self._loop)
        return self._loop

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        self._looking = loop.call_later(LOOK_SECONDS, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Follow the waiting now and then, for as long as there is anything to follow."""
        now = time.monotonic()
        self._arriving.time_out(now, self._body_seconds)
        # What else is asked may wait for Prefect or the store, and says nothing about the load.
        self._predictions.review(now, self._refusals.n_waiting)
        idle = not (self._arriving.since or self._predictions.since or self._others.since)
        recovered = self._predictions.limit.now == self._others.limit.now
        if idle and recovered:
            self._looking = None
        else:
            self._look_later(loop)


def _is_prediction(scope: Scope) -> bool:
    path: str = scope["path"]
    return path.endswith(PREDICTIONS) or (path.startswith("/v2/") and path.endswith("/infer"))


def _last(send: Send) -> Send:
    """Return a ``send`` whose answer ends the connection: its client asks elsewhere next time."""

    async def closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", ()), (b"connection", b"close")]
            message = {**message, "headers": headers}
        await send(message)

    return closing
