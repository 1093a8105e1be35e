"""The short way itself: answers what is matched, sends it, and tells the telemetry."""

import logging
from collections.abc import Awaitable, Mapping
from time import perf_counter

from starlette.datastructures import State
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from headgate.errors import HeadgateError
from serve.failures import ErrorResponse, new_failure_id, refusal, unexpected
from serve.hot.answering import answer
from serve.hot.encoding import encode
from serve.hot.matching import Asked, match
from serve.hot.recording import Recorder
from serve.hot.sending import send_error, send_json
from serve.services import Services
from serve.telemetry import Served
from serve.telemetry.addresses import address_of

LOG = logging.getLogger(__name__)
HUNG_UP = 499


class HotPath:
    """Answers plain predictions as `serve.routes.predict` does; all else goes on to ``app``.

    ``state.services`` are there once the server has started.
    """

    def __init__(
        self, app: ASGIApp, state: State, codes: Mapping[type[HeadgateError], int]
    ) -> None:
        self._app = app
        self._state = state
        self._codes = codes
        self._recorder = Recorder()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        asked = match(scope)
        if asked is not None:
            return self._answer(asked, scope, receive, send)
        # Among the others are those that show the metrics.
        self._recorder.flush()
        return self._app(scope, receive, send)

    async def _answer(self, asked: Asked, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        services: Services = self._state.services
        telemetry = services.telemetry
        ids = telemetry.ids(scope)
        served = Served(asked.call.endpoint, "", "", HUNG_UP, 0.0, None, ids.request_id)
        served.trace = ids.trace
        telemetry.arrived()
        try:
            outcome = await self._outcome(asked, services, scope, receive, served)
            if isinstance(outcome, bytes):
                served.status = 200
                await send_json(outcome, ids.request_id, send)
            elif outcome is not None:
                served.status = outcome.status_code
                served.address = address_of(scope, served.status)
                await send_error(outcome, ids.request_id, scope, receive, send)
        finally:
            telemetry.left()
            served.latency_seconds = perf_counter() - started
            self._recorder.add(telemetry, served)

    async def _outcome(
        self, asked: Asked, services: Services, scope: Scope, receive: Receive, served: Served
    ) -> bytes | ErrorResponse | None:
        """Return the answer's bytes, or the refusal; None if nobody is there to get it."""
        try:
            return encode(await answer(asked, services, scope, receive, served))
        except HeadgateError as err:
            return refusal(err, self._codes)
        except ClientDisconnect:
            LOG.debug("%s: the client hung up", scope["path"])
            return None
        except Exception:
            failure_id = new_failure_id()
            LOG.exception("failure=%s %s", failure_id, scope["path"])
            return unexpected(failure_id)
