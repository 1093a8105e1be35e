"""Watches batch inferences from outside: how many wait or run, and how long each took."""

import fcntl
import logging
import math
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from headgate.errors import HeadgateError
from headgate.inference.accepting import infer_body
from headgate.inference.markers import pending
from headgate.runs.records import read_outcomes, read_request
from headgate.store import Store
from serve.telemetry.metrics import Metrics

LOG = logging.getLogger(__name__)
ROUND_SECONDS = 2.0
STOP_SECONDS = 5.0


class BatchJobWatch:
    """Reads the store in the background, so that neither a scrape nor a prediction waits for it.

    A run counts as ended when its pending marker is gone, which happens seconds after its outcome;
    its outcome is then read once. One worker of a server watches for all, and another takes over
    when it dies. Servers over one store all report the same runs.
    """

    def __init__(
        self,
        store: Store,
        metrics: Metrics,
        folder: str | None = None,
        *,
        each_round: Callable[[], None] = lambda: None,
        round_seconds: float = ROUND_SECONDS,
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._turn = _Turn(Path(folder) / "batch-jobs.lock") if folder else None
        self._each_round = each_round
        self._round_seconds = round_seconds
        self._pending: frozenset[str] = frozenset()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="batch-jobs", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End after the round that is under way, or without it where the store does not answer."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)
        if self._turn:
            self._turn.close()

    def look(self) -> None:
        """Do one round: count what is pending, and read the outcomes of what no longer is."""
        if self._turn and not self._turn.is_ours():
            return
        try:
            now = frozenset(marker.run_id for marker in pending(self._store))
            for run_id in self._pending - now:
                self._observe(run_id)
        except HeadgateError:
            # The follower says in the log and on /health that the store is away.
            self._metrics.queue_depth.set(math.nan)
            return
        self._pending = now
        self._metrics.queue_depth.set(len(now))

    def _observe(self, run_id: str) -> None:
        request = read_request(self._store, run_id)
        outcomes = list(read_outcomes(self._store, run_id).values())
        if request is None or not outcomes:
            return
        model, last = infer_body(request).model, outcomes[-1]
        self._metrics.jobs.labels(model, last.kind).inc()
        if last.kind == "completed":
            seconds = (last.at - request.accepted_at).total_seconds()
            self._metrics.job_seconds.labels(model).observe(max(0.0, seconds))

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._each_round()
                self.look()
            except Exception:
                LOG.exception("watching batch inferences failed; going on")
            self._stopping.wait(self._round_seconds)


class _Turn:
    """A lock that the system gives to one process, and takes back when that process ends."""

    def __init__(self, path: Path) -> None:
        self._file: IO[bytes] = path.open("ab")

    def is_ours(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        self._file.close()
