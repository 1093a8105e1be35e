"""Measures every request that is not answered on the hot path."""

from time import perf_counter

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from headgate.trace_context import trace_parent
from serve.telemetry.addresses import address_of
from serve.telemetry.ids import RequestIds
from serve.telemetry.noting import Note, noting
from serve.telemetry.served import Served
from serve.telemetry.telemetry import Telemetry

UNMATCHED = "unmatched"
HUNG_UP = 499


class TelemetryMiddleware:
    """Gives every answer its X-Request-ID, and every request its line and its count.

    Whoever has read an answer to its end finds it counted.
    """

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        ids = self._telemetry.ids(scope)
        names = {"trace_id": ids.trace.trace_id} if ids.trace else {}
        header = ids.trace.header if ids.trace else None
        with (
            noting() as note,
            bound_contextvars(request_id=ids.request_id, **names),
            trace_parent(header),
        ):
            exchange = _Exchange(self._telemetry, scope, send, ids, note)
            try:
                await self._app(scope, receive, exchange.send)
            except Exception:
                exchange.end(500)
                raise
            finally:
                exchange.end(HUNG_UP)


class _Exchange:
    """One request and its answer, which is recorded once."""

    def __init__(
        self, telemetry: Telemetry, scope: Scope, send: Send, ids: RequestIds, note: Note
    ) -> None:
        self._telemetry = telemetry
        self._scope = scope
        self._send = send
        self._ids = ids
        self._note = note
        self._status = HUNG_UP
        self._ended = False
        self._started = perf_counter()
        telemetry.arrived()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            MutableHeaders(scope=message)["X-Request-ID"] = self._ids.request_id
        elif message["type"] == "http.response.body" and not message.get("more_body"):
            self.end(self._status)
        await self._send(message)

    def end(self, status: int) -> None:
        """Record the request; what happens to it afterwards changes nothing."""
        if self._ended:
            return
        self._ended = True
        self._telemetry.left()
        self._telemetry.record([self._served(status)])

    def _served(self, status: int) -> Served:
        # The route's template: there are as many as routes, whatever clients ask for.
        path = getattr(self._scope.get("route"), "path", None)
        note = self._note
        return Served(
            endpoint=path if isinstance(path, str) else UNMATCHED,
            model=note.model,
            version=note.version,
            status=status,
            latency_seconds=perf_counter() - self._started,
            predict_seconds=note.predict_seconds,
            request_id=self._ids.request_id,
            prediction_id=note.prediction_id,
            labels=note.labels,
            caller=note.caller,
            n_rows=note.n_rows,
            trace=self._ids.trace,
            address=address_of(self._scope, status),
            inputs=note.inputs,
        )
