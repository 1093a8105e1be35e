"""What the endpoints of one application share."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, ParamSpec, TypeVar, cast

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Depends, Request

from headgate.client import PrefectClient
from headgate.inference.submitter_thread import SubmitterThread
from headgate.runs.status import BeatWatch
from headgate.settings import Settings
from headgate.store import Store, prove_put_if_absent
from serve.access.security import Guard
from serve.answering.scoring import Scoring
from serve.live import Live
from serve.load.draining import Draining
from serve.telemetry import Telemetry

P = ParamSpec("P")
R = TypeVar("R")

WAITING_THREADS = 16
REMEMBERED_SECONDS = 1.0


class PrefectWatch:
    """Whether Prefect answers, asked at most once a second and never waited for long."""

    def __init__(self, api_url: str) -> None:
        self._client = PrefectClient(api_url, timeout_seconds=1, patience_seconds=0)
        self._lock = threading.Lock()
        self._asked_at = float("-inf")
        self._healthy = False

    def trouble(self) -> str | None:
        """Return why nothing can be started now, or None."""
        with self._lock:
            if time.monotonic() - self._asked_at > REMEMBERED_SECONDS:
                self._healthy = self._client.healthy()
                self._asked_at = time.monotonic()
            if self._healthy:
                return None
        return f"Prefect's API at {self._client.api_url} does not answer. Start it: headgate up"

    def close(self) -> None:
        self._client.close()


@dataclass(frozen=True)
class Services:
    """The opened parts of this server; made by the lifespan of `serve.app`."""

    settings: Settings
    store: Store
    live: Live
    client: PrefectClient
    prefect: PrefectWatch
    submitter: SubmitterThread
    guard: Guard
    telemetry: Telemetry
    draining: Draining
    scoring: Scoring = field(default_factory=Scoring)
    beats: BeatWatch = field(default_factory=BeatWatch)
    # Whatever may wait for Prefect or the store waits here, never in the way of predictions.
    waiting: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(WAITING_THREADS))
    # One explanation at a time: each is as much work as thousands of predictions.
    explaining: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(1))
    _proven: threading.Event = field(default_factory=threading.Event)

    @property
    def ready(self) -> bool:
        """Whether this server wants requests: every model answers, and it is not about to end."""
        return self.live.ready and not self.draining.started

    def link(self, path: str) -> str:
        """Return a path of ours as callers ask for it, who may see it below another one."""
        return self.settings.root_path + path

    def writable(self) -> Store:
        """Return the store, after it proved its put-if-absent once.

        Raises:
            StoreRefusedError: if it does not keep that promise.
        """
        if not self._proven.is_set():
            prove_put_if_absent(self.store)
            self._proven.set()
        return self.store

    async def aside(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run what may wait, in a thread of its own kind."""
        return await run_sync(
            lambda: call(*args, **kwargs), limiter=self.waiting, abandon_on_cancel=True
        )


def services_of(request: Request) -> Services:
    """Return the services of the application that got the request."""
    return cast(Services, request.app.state.services)


# Dependencies that only look something up are coroutines: a plain function costs a thread's turn.
async def _services(request: Request) -> Services:
    return services_of(request)


ServicesDep = Annotated[Services, Depends(_services)]
