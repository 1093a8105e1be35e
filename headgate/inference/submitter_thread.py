"""The submitter in a thread of its own, beside a server."""

import logging
import threading
from types import TracebackType
from typing import Self

from headgate.inference.submitting import Submitter

INTERVAL_SECONDS = 0.5
AWAY_SECONDS = 5.0

log = logging.getLogger(__name__)


class SubmitterThread:
    """Runs rounds until stopped: at once when woken, more rarely while Prefect is away."""

    def __init__(
        self,
        submitter: Submitter,
        *,
        interval_seconds: float = INTERVAL_SECONDS,
        away_seconds: float = AWAY_SECONDS,
    ) -> None:
        self._submitter = submitter
        self._interval_seconds = interval_seconds
        self._away_seconds = away_seconds
        self._woken = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="submitter", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Have the next round begin now; for a request that has just been accepted."""
        self._woken.set()

    def stop(self) -> None:
        """End after the round that is under way, and wait for that."""
        self._stopped.set()
        self._woken.set()
        self._thread.join()

    def _run(self) -> None:
        pause = self._interval_seconds
        while not self._stopped.is_set():
            pause = min(2 * pause, self._away_seconds) if self._round() else self._interval_seconds
            self._woken.wait(pause)
            self._woken.clear()

    def _round(self) -> bool:
        """Run one round and say whether something was away."""
        try:
            return self._submitter.run_once().trouble is not None
        except Exception:
            # The edge of a thread: a bug must not end the reconciliation for good.
            log.exception("a round of the submitter failed")
            return True
