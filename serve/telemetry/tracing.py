"""Traces by OpenTelemetry, where the operator switched them on and the packages are there."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from serve.telemetry.ids import TraceParent
from serve.telemetry.served import Served

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider

LOG = logging.getLogger(__name__)
SWITCHES = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_TRACES_EXPORTER",
)
EXPORTERS = ("otlp", "console")


def open_tracing(environ: Mapping[str, str]) -> Tracing | None:
    """Return what makes spans, or None when the OTEL_* variables do not ask for it.

    Asked for and impossible is said once in the log; the service works without.
    """
    exporter = environ.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower()
    off = environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or exporter == "none"
    if off or not any(environ.get(name) for name in SWITCHES):
        return None
    if exporter not in EXPORTERS:
        known = ", ".join((*EXPORTERS, "none"))
        LOG.warning(
            "OTEL_TRACES_EXPORTER is %r, which this service does not know (it knows: %s). No "
            "traces are sent.",
            exporter[:40],
            known,
        )
        return None
    try:
        return Tracing(_provider(exporter))
    except ImportError as err:
        LOG.warning(
            "OTEL_* variables ask for traces, but a package is missing (%s). No traces are sent; "
            "install them: pip install 'headgate[otel]'",
            err,
        )
        return None


class Tracing:
    """Makes one span of every request, after its answer, so that no answer waits for it."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("headgate.serve")

    def record(self, batch: Sequence[Served]) -> None:
        """Make a span of each request; the caller's span is its parent."""
        from opentelemetry.trace import SpanKind, Status, StatusCode

        ended = time.time_ns()
        for served in batch:
            span = self._tracer.start_span(
                served.endpoint,
                context=_context(served.trace),
                kind=SpanKind.SERVER,
                start_time=ended - round(served.latency_seconds * 1e9),
                attributes={
                    "http.route": served.endpoint,
                    "http.response.status_code": served.status,
                    "headgate.request_id": served.request_id,
                    "headgate.model": served.model,
                    "headgate.version": served.version,
                    "headgate.n_rows": served.n_rows,
                },
            )
            if served.status >= 500:
                span.set_status(Status(StatusCode.ERROR))
            span.end(ended)

    def close(self) -> None:
        """Send what is left, for at most the exporter's own time."""
        self._provider.shutdown()


def _provider(exporter: str) -> TracerProvider:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter

    chosen: SpanExporter
    if exporter == "console":
        chosen = ConsoleSpanExporter(out=sys.stdout)
    else:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        chosen = OTLPSpanExporter()
    resource = Resource.create()
    if str(resource.attributes["service.name"]).startswith("unknown_service"):
        resource = resource.merge(Resource({"service.name": "headgate"}))
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(chosen))
    return provider


def _context(parent: TraceParent | None) -> Context | None:
    if parent is None:
        return None
    from opentelemetry import trace

    span = trace.SpanContext(
        trace_id=int(parent.trace_id, 16),
        span_id=int(parent.parent_id, 16),
        is_remote=True,
        trace_flags=trace.TraceFlags(int(parent.flags, 16)),
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(span))
