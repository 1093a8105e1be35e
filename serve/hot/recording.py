"""Gathers what was served, and tells the telemetry now and then: so it costs little a request."""

import asyncio

from serve.telemetry import Served, Telemetry

WAIT_SECONDS = 0.005
MOST_KEPT = 256


class Recorder:
    """Keeps what was served for a few milliseconds: counting a batch costs little more than one.

    Whoever answers out of the metrics flushes it before.
    """

    def __init__(self) -> None:
        self._served: list[Served] = []
        self._telemetry: Telemetry | None = None

    def add(self, telemetry: Telemetry, served: Served) -> None:
        """Keep what was served, until it is time to tell."""
        if not self._served:
            self._telemetry = telemetry
            asyncio.get_running_loop().call_later(WAIT_SECONDS, self.flush)
        self._served.append(served)
        if len(self._served) >= MOST_KEPT:
            self.flush()

    def flush(self) -> None:
        """Tell what is kept."""
        if self._served and self._telemetry is not None:
            served, self._served = self._served, []
            self._telemetry.record(served)
