"""The metrics of one server process: their names, labels and buckets."""

import math
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from serve.telemetry.histogram import BatchHistogram
from serve.telemetry.served import Served

REQUEST_SECONDS = (
    *(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1),
    *(0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
LOAD_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
JOB_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0)
MOST_LABELS = 50
OTHER = "other"

Route = tuple[str, str, int]
Predicted = tuple[str, str, str]


class Metrics:
    """What is counted. Safe to share between threads.

    A model's answers are counted under at most `MOST_LABELS` labels, the first ones seen in this
    process; all others are ``other``.
    """

    def __init__(self) -> None:
        own = self.registry = CollectorRegistry()
        self._latency = BatchHistogram(
            "request_latency_seconds",
            "Time from a request's arrival to its answer.",
            ("endpoint", "model_name"),
            registry=own,
            buckets=REQUEST_SECONDS,
        )
        self._requests = Counter(
            "request_count",
            "Requests answered or refused.",
            ("endpoint", "model_name", "status"),
            registry=own,
        )
        self._predictions = Counter(
            "predictions_total",
            "Rows answered; the label is empty for a regression.",
            ("model", "version", "label"),
            registry=own,
        )
        self.shed = Counter(
            "requests_shed_total",
            "Requests refused to keep the others fast.",
            ("reason",),
            registry=own,
        )
        self.lines_dropped = Counter(
            "log_lines_dropped_total",
            "Log lines lost because standard error was not read or could not be written.",
            registry=own,
        )
        self.in_flight = Gauge(
            "requests_in_flight",
            "Requests under way, at most a few seconds ago.",
            registry=own,
            multiprocess_mode="livesum",
        )
        self.loads = Counter(
            "model_loads_total", "Versions loaded, or not.", ("model", "result"), registry=own
        )
        self.load_seconds = Histogram(
            "model_load_seconds",
            "Time to load, prove and warm a version.",
            ("model",),
            registry=own,
            buckets=LOAD_SECONDS,
        )
        self.swaps = Counter(
            "model_swaps_total", "Changes of the version that answers.", ("model",), registry=own
        )
        self.shadow_rows = Counter(
            "shadow_rows_total",
            "Live rows offered to a shadow version, by what came of them.",
            ("model", "version", "result"),
            registry=own,
        )
        self.job_seconds = Histogram(
            "batch_job_duration_seconds",
            "Time from accepting a batch inference to its completion.",
            ("model_name",),
            registry=own,
            buckets=JOB_SECONDS,
        )
        self.jobs = Counter(
            "batch_jobs_total",
            "Batch inferences that ended.",
            ("model_name", "outcome"),
            registry=own,
        )
        self.queue_depth = Gauge(
            "queue_depth",
            "Batch inferences that were accepted and have not ended; NaN while the store is away.",
            registry=own,
            multiprocess_mode="livemostrecent",
        )
        self.queue_depth.set(math.nan)
        self._routes: dict[Route, tuple[Counter, BatchHistogram]] = {}
        self._answers: dict[Predicted, Counter] = {}
        self._labels: defaultdict[str, set[str]] = defaultdict(set)

    def count(self, batch: Sequence[Served]) -> None:
        """Count requests that were answered together; one step per label they share."""
        latencies: defaultdict[Route, list[float]] = defaultdict(list)
        predicted: Tally[Predicted] = Tally()
        for served in batch:
            route = (served.endpoint, served.model, served.status)
            latencies[route].append(served.latency_seconds)
            if served.label is not None:
                predicted[served.model, served.version, served.label] += 1
            for label in served.labels:
                predicted[served.model, served.version, label] += 1
        for route, seconds in latencies.items():
            requests, latency = self._routes.get(route) or self._route(route)
            requests.inc(len(seconds))
            latency.observe_all(seconds)
        for answer, n_rows in predicted.items():
            (self._answers.get(answer) or self._answer(answer)).inc(n_rows)

    def _route(self, route: Route) -> tuple[Counter, BatchHistogram]:
        endpoint, model, status = route
        children = (
            self._requests.labels(endpoint, model, status),
            self._latency.labels(endpoint, model),
        )
        self._routes[route] = children
        return children

    def _answer(self, answer: Predicted) -> Counter:
        model, version, label = answer
        known = self._labels[model]
        if label not in known and len(known) >= MOST_LABELS:
            # Not remembered: there may be any number of them.
            return self._predictions.labels(model, version, OTHER)
        known.add(label)
        return self._answers.setdefault(answer, self._predictions.labels(model, version, label))
