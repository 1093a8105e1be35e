"""What the rest of the service tells its metrics, logs and traces."""

import logging
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol, Self

from starlette.types import Scope

from headgate.settings import Settings
from headgate.store import Store
from serve.following.shadow import Tally
from serve.live import Live
from serve.telemetry.batch_jobs import BatchJobWatch
from serve.telemetry.exposition import expose
from serve.telemetry.ids import IdSource, RequestIds
from serve.telemetry.inputs import InputLog
from serve.telemetry.lines import RequestLines
from serve.telemetry.live_facts import LiveFacts
from serve.telemetry.metrics import Metrics
from serve.telemetry.served import Served
from serve.telemetry.shared_folder import VARIABLE
from serve.telemetry.stderr import standard_error
from serve.telemetry.tracing import Tracing, open_tracing

LOG = logging.getLogger(__name__)


class LineSink(Protocol):
    """Where log lines go; nobody waits for it to write them."""

    @property
    def n_lost(self) -> int:
        """How many lines it could not write so far."""

    def write(self, lines: Sequence[str], /) -> None: ...

    def close(self) -> None:
        """Wait until what it has is written, but not for long."""


class Telemetry:
    """Metrics, log lines and traces of one server process.

    ``folder`` is where the workers of one server count together; None: this process alone.
    ``sink`` gets the log lines; None: standard error.
    """

    def __init__(
        self,
        lines: RequestLines | None = None,
        *,
        logs_inputs: bool = False,
        folder: str | None = None,
        environ: Mapping[str, str] | None = None,
        sink: LineSink | None = None,
    ) -> None:
        self.logs_inputs = logs_inputs
        self.metrics = Metrics()
        self._lines = lines or RequestLines("json")
        self._environ = environ or {}
        self._tracing: Tracing | None = None
        self._folder = folder
        self._sink = sink or standard_error()
        self._n_lost_told = self._sink.n_lost
        self._ids = IdSource()
        self._facts = LiveFacts()
        self._in_flight = 0
        self._watch: BatchJobWatch | None = None

    @classmethod
    def of(
        cls,
        settings: Settings,
        environ: Mapping[str, str] | None = None,
        *,
        sink: LineSink | None = None,
    ) -> Self:
        """Return the telemetry that the settings and the OTEL_* variables ask for."""
        environ = os.environ if environ is None else environ
        inputs = InputLog(frozenset(settings.log_redact)) if settings.log_inputs else None
        return cls(
            RequestLines(settings.log_format, inputs),
            logs_inputs=settings.log_inputs,
            folder=environ.get(VARIABLE),
            environ=environ,
            sink=sink,
        )

    def start(self, store: Store, live: Live) -> None:
        """Begin to trace, and to watch what is not told: live models and batch inferences."""
        self._tracing = open_tracing(self._environ)
        self._facts.follow(live)
        self._watch = BatchJobWatch(store, self.metrics, self._folder, each_round=self._publish)
        self._watch.start()

    def stop(self) -> None:
        """End the watching; write the lines and send the traces that are left."""
        if self._watch is not None:
            self._watch.stop()
        self._sink.close()
        if self._tracing is not None:
            self._tracing.close()

    def request_id(self, scope: Scope) -> str:
        """Return a request's id: its X-Request-ID if that is harmless, else one of ours."""
        return self._ids.read(scope).request_id

    def ids(self, scope: Scope) -> RequestIds:
        """Return a request's id together with the caller's span."""
        return self._ids.read(scope)

    def arrived(self) -> None:
        """Count a request that is under way; `left` must follow."""
        self._in_flight += 1

    def left(self) -> None:
        """Count one request less under way."""
        self._in_flight -= 1

    def record(self, served: Sequence[Served]) -> None:
        """Count, log and trace requests that were answered together."""
        self.count(served)
        self.log(served)
        if self._tracing is not None:
            self._tracing.record(served)

    def count(self, served: Sequence[Served]) -> None:
        """Count requests that have no line yet, or never get one."""
        self.metrics.count(served)

    def log(self, served: Sequence[Served]) -> None:
        """Log requests that are counted."""
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        self._sink.write(self._lines.render(served, now))

    def shed(self, reason: str) -> None:
        """Count a request that is refused to keep the others fast; ``reason`` is one of few."""
        self.metrics.shed.labels(reason).inc()

    def model_loaded(
        self, model: str, version: str, engine: str, proven: bool, seconds: float
    ) -> None:
        """Count and log a version that was loaded."""
        what = {"model": model, "version": version, "engine": engine, "proven": proven}
        LOG.info("version loaded", extra={**what, "load_seconds": round(seconds, 3)})
        self.metrics.loads.labels(model, "loaded").inc()
        self.metrics.load_seconds.labels(model).observe(seconds)

    def model_failed(self, model: str) -> None:
        """Count a version that could not be loaded."""
        self.metrics.loads.labels(model, "failed").inc()

    def swapped(self, model: str) -> None:
        """Count a change of the version that answers."""
        self.metrics.swaps.labels(model).inc()

    def shadowed(self, model: str, version: str, tally: Tally) -> None:
        """Count the rows that a shadow was tried on, by what came of them."""
        for result, n_rows in tally.by_result.items():
            if n_rows:
                self.metrics.shadow_rows.labels(model, version, result).inc(n_rows)

    def exposition(self) -> bytes:
        """Return the metrics of all workers in Prometheus' text form; takes milliseconds."""
        self._publish()
        return expose(self.metrics.registry, self._facts, self._folder)

    def _publish(self) -> None:
        self.metrics.in_flight.set(self._in_flight)
        n_lost = self._sink.n_lost
        if n_new := n_lost - self._n_lost_told:
            self._n_lost_told = n_lost
            self.metrics.lines_dropped.inc(n_new)
