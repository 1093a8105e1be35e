"""Closes the connections that are stuck; one look at all of them now and then costs no request."""

import asyncio
import time
from typing import TYPE_CHECKING, Literal, cast
from weakref import WeakKeyDictionary

from uvicorn.server import ServerState

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import H11Protocol
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

HEAD_SECONDS = 20.0
SWEEPS = 4

Stuck = tuple[Literal["head", "answer"], object]


class Sweeper:
    """Closes the connections of a server that have been stuck for ``seconds`` or a little more.

    Stuck is who has opened a connection or sent something, and no whole head of a request since;
    and who does not take its answer. The idle ones between two requests the server closes itself.
    """

    def __init__(self, state: ServerState, seconds: float) -> None:
        self._state = state
        self._seconds = seconds
        self._since: dict[object, tuple[Stuck, float]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """Sweep from now on, for as long as there are connections."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._seconds / SWEEPS, self._sweep)

    def _sweep(self) -> None:
        now = time.monotonic()
        before, self._since, self._timer = self._since, {}, None
        connections = cast("set[H11Protocol | HttpToolsProtocol]", self._state.connections)
        for connection in list(connections):
            stuck = _stuck(connection)
            if stuck is None:
                continue
            same, since = before.get(connection, (None, now))
            since = since if same == stuck else now
            self._since[connection] = stuck, since
            if now - since >= self._seconds:
                connection.transport.abort()
        if self._state.connections:
            self.watch()


def _stuck(connection: "H11Protocol | HttpToolsProtocol") -> Stuck | None:
    """Return what a connection is stuck in, and with which request; None if it is not."""
    cycle = cast("RequestResponseCycle | None", connection.cycle)
    if connection.flow.write_paused:
        return "answer", cycle
    if cycle is None or cycle.response_complete:
        idle = connection.timeout_keep_alive_task is not None
        return None if idle else ("head", cycle)
    return None


_SWEEPERS: WeakKeyDictionary[ServerState, Sweeper] = WeakKeyDictionary()


def watch(state: ServerState, seconds: float) -> None:
    """See to it that the connections of a server are swept."""
    if state not in _SWEEPERS:
        _SWEEPERS[state] = Sweeper(state, seconds)
    _SWEEPERS[state].watch()
