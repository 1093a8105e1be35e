"""Refuses at once what could only be answered late, so that the others are answered in time."""

import asyncio
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from headgate.settings import Settings
from serve.errors import OverloadedError
from serve.failures import ErrorResponse
from serve.headers import SecureHeaders
from serve.load.arrivals import WHY, Arrival, Arriving, Lane
from serve.load.concurrency import Limit
from serve.load.draining import Draining

LOOK_SECONDS = 0.2
MOST_ARRIVING = 1024
REFUSALS_PER_SECOND = 1000
LONGEST_PAUSE_SECONDS = 1.0
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
        shed: Callable[[str], None],
        most_body_bytes: int = MOST_BODY_BYTES,
    ) -> None:
        self._app = app
        self._draining = draining
        self._shed = shed
        self._body_seconds = settings.body_seconds
        self._arriving = Arriving(most_body_bytes, settings.max_body_bytes)
        self._predictions = Lane(Limit(settings.max_in_flight))
        self._others = Lane(Limit(settings.max_in_flight))
        self._pace = Pace()
        self._looking: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(ALWAYS):
            await self._app(scope, receive, send)
            return
        if self._looking is None:
            self._look_later()
        if self._draining.started:
            send = _last(send)
        lane = self._predictions if _is_prediction(scope) else self._others
        if reason := self._why_not(lane):
            self._shed(reason)
            await self._pace.wait()
            await _refused(reason, scope, receive, send)
            return
        arrival = Arrival(receive, scope["method"], self._arriving, lane)
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

    def _look_later(self) -> None:
        self._looking = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        """Follow the waiting now and then, for as long as there is anything to follow."""
        now = time.monotonic()
        self._arriving.time_out(now, self._body_seconds)
        # What else is asked may wait for Prefect or the store, and says nothing about the load.
        self._predictions.review(now, self._pace.n_waiting)
        idle = not (self._arriving.since or self._predictions.since or self._others.since)
        recovered = self._predictions.limit.now == self._others.limit.now
        if idle and recovered:
            self._looking = None
        else:
            self._look_later()


class Pace:
    """Spreads refusals out, so that asking again at once does not take the time of the others.

    A refusal costs as much as half an answer. A few go out at once; of a storm each waits its turn.

    """

    def __init__(self) -> None:
        self._next_at = 0.0
        self.n_waiting = 0

    async def wait(self) -> None:
        """Wait for the turn of one refusal."""
        now = time.monotonic()
        at = min(max(now, self._next_at), now + LONGEST_PAUSE_SECONDS)
        self._next_at = at + 1 / REFUSALS_PER_SECOND
        self.n_waiting += 1
        try:
            await asyncio.sleep(at - now)
        finally:
            self.n_waiting -= 1


def _is_prediction(scope: Scope) -> bool:
    path: str = scope["path"]
    return path.endswith(PREDICTIONS) or (path.startswith("/v2/") and path.endswith("/infer"))


async def _refused(reason: str, scope: Scope, receive: Receive, send: Send) -> None:
    err = OverloadedError(WHY[reason])
    answer = ErrorResponse(503, type(err).__name__, str(err))
    await SecureHeaders(answer)(scope, receive, send)


def _last(send: Send) -> Send:
    """Return a ``send`` whose answer ends the connection: its client asks elsewhere next time."""

    async def closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", ()), (b"connection", b"close")]
            message = {**message, "headers": headers}
        await send(message)

    return closing
