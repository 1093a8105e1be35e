"""The time between SIGTERM and the closed door: not ready any more, but still answering."""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LOG = logging.getLogger(__name__)
GIVE_UP_SECONDS = 30.0


class Draining:
    """Says that no new callers are wanted, so that whoever sends them here stops.

    ``seconds`` later the server closes its port and finishes what is under way; whatever hangs
    then, the process ends `GIVE_UP_SECONDS` after that.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.started = False

    @contextmanager
    def on_sigterm(self) -> Iterator[None]:
        """Come before the server's own way to end; a second SIGTERM changes nothing.

        A supervisor of several workers passes on the signal that everybody got already.
        """
        loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)
        in_main = threading.current_thread() is threading.main_thread()
        if not in_main or not callable(before):
            yield
            return
        loop.add_signal_handler(signal.SIGTERM, self._begin, loop, before)
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGTERM)
            signal.signal(signal.SIGTERM, signal.SIG_IGN if self.started else before)

    def _begin(self, loop: asyncio.AbstractEventLoop, end: Callable[..., object]) -> None:
        if self.started:
            return
        self.started = True
        LOG.info("draining: not ready; the port closes in %g s", self._seconds)
        deadline = threading.Timer(self._seconds + GIVE_UP_SECONDS, _give_up)
        deadline.daemon = True
        deadline.start()
        loop.call_later(self._seconds, end, signal.SIGTERM, None)


def _give_up() -> None:
    LOG.error("something still runs %g s after the port was closed; ending", GIVE_UP_SECONDS)
    logging.shutdown()
    os._exit(1)
