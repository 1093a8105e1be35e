"""How a request is refused to keep the others fast: at a pace, counted, and told in few lines."""

import asyncio
import time
from collections.abc import Iterable

from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from serve.errors import OverloadedError
from serve.failures import ErrorResponse
from serve.hot.sending import send_error
from serve.load.arrivals import WHY
from serve.load.endpoints import Endpoints
from serve.telemetry import Served, Shed, Telemetry

REFUSALS_PER_SECOND = 1000
LONGEST_PAUSE_SECONDS = 1.0
LINES_PER_SECOND = 10


class Refusals:
    """Refuses requests with 503, each under its id; all are counted, and few have a line."""

    def __init__(self, telemetry: Telemetry, routes: Iterable[BaseRoute]) -> None:
        self._telemetry = telemetry
        self._endpoints = Endpoints(routes)
        self._lines = FewLines(telemetry)
        self._pace = Pace()

    @property
    def n_waiting(self) -> int:
        """How many wait to be refused."""
        return self._pace.n_waiting

    async def refuse(self, reason: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request when it is its turn; ``reason`` is a key of `WHY`."""
        started = time.perf_counter()
        ids = self._telemetry.ids(scope)
        self._telemetry.shed(reason)
        await self._pace.wait()
        refused = Served(
            endpoint=self._endpoints.of(scope),
            model="",
            version="",
            status=503,
            latency_seconds=time.perf_counter() - started,
            predict_seconds=None,
            request_id=ids.request_id,
            trace=ids.trace,
            shed=Shed(reason),
        )
        self._telemetry.count([refused])
        self._lines.add(refused)
        err = OverloadedError(WHY[reason])
        answer = ErrorResponse(503, type(err).__name__, str(err))
        await send_error(answer, ids.request_id, scope, receive, send)


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


class FewLines:
    """Logs the first refusals of a second and its last one, which says how many are left out."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._n_seen = 0
        self._last: Served | None = None

    def add(self, refused: Served) -> None:
        """Log a refusal now, or when its second is over if none comes after it."""
        if self._n_seen == 0:
            asyncio.get_running_loop().call_later(1.0, self._end)
        self._n_seen += 1
        if self._n_seen <= LINES_PER_SECOND:
            self._telemetry.log([refused])
        else:
            self._last = refused

    def _end(self) -> None:
        last, n_seen = self._last, self._n_seen
        self._last, self._n_seen = None, 0
        if last is not None and last.shed is not None:
            last.shed = Shed(last.shed.reason, n_seen - LINES_PER_SECOND - 1)
            self._telemetry.log([last])
