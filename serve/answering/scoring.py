"""Asks a live version about rows: at once on the event loop, or in the one scoring thread."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import TypeVar

from headgate.scoring.answers import Scored, ScoringError
from serve.answering.batching import Asked, Batch, Share, score_together
from serve.answering.rows import Values, values_of
from serve.errors import OverloadedError
from serve.live import LiveModel

LOG = logging.getLogger(__name__)
MOST_WAITING = 4096
"""Rows that may wait for their scores; more are refused."""
MOST_TOGETHER = 256
"""Rows that are scored together, and the most that are scored on the event loop."""

Place = asyncio.Future[Share]
Shares = list[Share | ScoringError]
Running = asyncio.Future[Shares]
Waiting = list[tuple[Asked, Place]]
R = TypeVar("R")


@dataclass(slots=True)
class Line:
    """The callers that wait for one live version; a batch holds the version it started with."""

    live: LiveModel
    waiting: Waiting = field(default_factory=list)
    busy: bool = False

    def take(self) -> Waiting:
        """Remove and return the first callers, with `MOST_TOGETHER` rows in all at most."""
        n_rows = n_callers = 0
        for asked, _ in self.waiting:
            n_rows += len(asked.rows)
            if n_rows > MOST_TOGETHER:
                break
            n_callers += 1
        batch, self.waiting = self.waiting[:n_callers], self.waiting[n_callers:]
        return batch


class Scoring:
    """Scores for the callers on one event loop.

    Callers of one turn of the loop are scored together: a lone one waits for nobody. Where the
    model must not hold up the loop it is asked in one thread, and whoever comes while it is busy
    is in the next batch.
    """

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._most_waiting = most_waiting
        self._thread = ThreadPoolExecutor(1, "scoring")
        self._lines: dict[int, Line] = {}
        self._n_waiting = 0
        # Asking for the running loop costs a system call, on every request.
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def n_waiting(self) -> int:
        """Rows that wait for their scores now."""
        return self._n_waiting

    def close(self) -> None:
        """Wait for the batch under way; whoever waits behind it is cancelled."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    async def rows(
        self, live: LiveModel, rows: Sequence[object], *, isolate: bool = False
    ) -> Scored:
        """Score rows as a caller sends them; a row the contract refuses gets its reasons.

        With ``isolate`` a few rows that the model fails on are refused like those.

        Raises:
            OverloadedError: if too many rows wait already.
            ScoringError: if the model fails.
        """
        return (await self.share(live, rows, isolate=isolate)).scored

    async def columns(
        self,
        live: LiveModel,
        columns: Mapping[str, Sequence[object]],
        n_rows: int,
        *,
        isolate: bool = False,
    ) -> Scored:
        """Score whole columns of ``n_rows`` each, exactly as `rows` does their rows.

        Raises:
            OverloadedError: if too many rows wait already.
            ScoringError: if the model fails.
        """

        def call() -> Scored:
            scored = live.scorer.score_columns(columns, n_rows, isolate=isolate)
            if live.shadow is not None:
                live.shadow.offer(columns, n_rows, scored)
            return scored

        return await self._by_itself(live, call, n_rows)

    async def share(
        self, live: LiveModel, rows: Sequence[object], *, isolate: bool = False
    ) -> Share:
        """Score rows as `rows` does, and tell what batch they were scored in.

        Raises:
            OverloadedError: if too many rows wait already.
            ScoringError: if the model fails.
        """
        if values := values_of(live.names, rows):
            return await self.ask(live, values, isolate=isolate)
        started = perf_counter()
        call = partial(live.scorer.score, rows, isolate=isolate)
        scored = await self._by_itself(live, call, len(rows))
        return Share(Batch(scored, perf_counter() - started), 0, len(rows))

    def ask(
        self, live: LiveModel, rows: Sequence[Values], *, isolate: bool = False
    ) -> Awaitable[Share]:
        """Score rows that have exactly the contract's columns, together with other callers'.

        Raises:
            OverloadedError: if too many rows wait already.
            ScoringError: if the model fails on one of these rows (when awaited).
        """
        asked = Asked(rows, isolate)
        if len(rows) > MOST_TOGETHER:
            return self._large(live, asked)
        self._admit(len(rows))
        return self._join(live, asked)

    async def _large(self, live: LiveModel, asked: Asked) -> Share:
        call = partial(score_together, live, [asked])
        (share,) = await self._by_itself(live, call, len(asked.rows))
        if isinstance(share, ScoringError):
            raise share
        return share

    def _admit(self, n_rows: int) -> None:
        if self._n_waiting >= self._most_waiting:
            raise OverloadedError(f"has {self._n_waiting} rows waiting, as many as it takes")
        self._n_waiting += n_rows

    def _join(self, live: LiveModel, asked: Asked) -> Place:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        loop = self._loop
        line = self._lines.get(id(live))
        if line is None:
            line = self._lines[id(live)] = Line(live)
        if not line.waiting and not line.busy:
            loop.call_soon(self._next, line, loop)
        place: Place = loop.create_future()
        line.waiting.append((asked, place))
        return place

    def _next(self, line: Line, loop: asyncio.AbstractEventLoop) -> None:
        """Score the next batch of a line; called when the turn that made it wait is over."""
        batch = line.take()
        call = partial(score_together, line.live, [asked for asked, _ in batch])
        if line.live.scorer.off_loop:
            line.busy = True
            running = loop.run_in_executor(self._thread, call)
            running.add_done_callback(partial(self._after, line, batch))
        else:
            self._deliver(batch, call)
            self._go_on(line, loop)

    def _after(self, line: Line, batch: Waiting, running: Running) -> None:
        line.busy = False
        self._deliver(batch, running.result)
        self._go_on(line, running.get_loop())

    def _go_on(self, line: Line, loop: asyncio.AbstractEventLoop) -> None:
        if line.waiting:
            loop.call_soon(self._next, line, loop)
        else:
            del self._lines[id(line.live)]

    def _deliver(self, batch: Waiting, outcome: Callable[[], Shares]) -> None:
        """Give every caller that still waits its share, or the reason why it gets none."""
        try:
            shares: Sequence[Share | BaseException] = outcome()
        except asyncio.CancelledError as err:
            shares = [err] * len(batch)
        except Exception as err:
            LOG.exception("scoring failed for %d callers", len(batch))
            shares = [err] * len(batch)
        for (asked, place), share in zip(batch, shares, strict=True):
            self._n_waiting -= len(asked.rows)
            if place.done():
                continue
            if isinstance(share, Share):
                place.set_result(share)
            else:
                place.set_exception(share)

    async def _by_itself(self, live: LiveModel, call: Callable[[], R], n_rows: int) -> R:
        self._admit(n_rows)
        try:
            if n_rows <= MOST_TOGETHER and not live.scorer.off_loop:
                return call()
            return await asyncio.get_running_loop().run_in_executor(self._thread, call)
        finally:
            self._n_waiting -= n_rows
