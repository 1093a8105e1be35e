"""Spans of requests: only where asked for, under the caller's span, and never a condition."""

import json
import subprocess
import sys

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from serve.telemetry import Served, TraceParent
from serve.telemetry.tracing import Tracing, open_tracing
from tests.serve.telemetry.reading import a_request

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
# Run by itself: what is imported already cannot be missing.
WITHOUT_THE_PACKAGES = """
import json, logging, sys
sys.modules["opentelemetry"] = None
sys.modules["opentelemetry.sdk"] = None
heard = []
logging.getLogger("serve.telemetry.tracing").addFilter(lambda r: heard.append(r.getMessage()))
from serve.telemetry.tracing import open_tracing
made = open_tracing({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"})
print(json.dumps([made is None, heard]))
"""


def spans(*batch: Served) -> list[ReadableSpan]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing = Tracing(provider)
    tracing.record(batch)
    tracing.close()
    return list(exporter.get_finished_spans())


def test_a_request_is_a_span_under_the_callers() -> None:
    (span,) = spans(a_request(trace=TraceParent(TRACE, SPAN, "01"), latency_seconds=0.25))

    assert span.name == "/predict"
    assert span.kind is SpanKind.SERVER
    assert span.context is not None
    assert f"{span.context.trace_id:032x}" == TRACE
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == SPAN
    assert span.attributes is not None
    assert span.attributes["headgate.model"] == "flower"
    assert span.attributes["headgate.version"] == "v0001"
    assert span.attributes["http.response.status_code"] == 200
    assert span.end_time is not None
    assert span.start_time is not None
    assert span.end_time - span.start_time == 250_000_000


def test_without_a_caller_every_request_is_a_trace_of_its_own() -> None:
    first, second = spans(a_request(), a_request())

    assert first.parent is None
    assert first.context is not None
    assert second.context is not None
    assert first.context.trace_id != second.context.trace_id


def test_what_the_caller_does_not_sample_is_not_sampled() -> None:
    assert spans(a_request(trace=TraceParent(TRACE, SPAN, "00"))) == []


@pytest.mark.parametrize(
    ("status", "code"), [(200, StatusCode.UNSET), (422, StatusCode.UNSET), (503, StatusCode.ERROR)]
)
def test_only_our_failures_are_failed_spans(status: int, code: StatusCode) -> None:
    (span,) = spans(a_request(status=status))

    assert span.status.status_code is code


@pytest.mark.parametrize(
    "environ",
    [
        pytest.param({}, id="nothing set"),
        pytest.param({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, id="empty"),
        pytest.param(
            {"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://a"}, id="none"
        ),
        pytest.param(
            {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://a"}, id="disabled"
        ),
    ],
)
def test_nothing_is_traced_unless_asked(environ: dict[str, str]) -> None:
    assert open_tracing(environ) is None


def test_traces_are_switched_on_by_the_endpoint() -> None:
    tracing = open_tracing({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"})

    assert tracing is not None
    tracing.close()


@pytest.mark.parametrize(("named", "shown"), [(None, "headgate"), ("shop", "shop")])
def test_spans_reach_the_exporter_under_the_services_name(
    named: str | None,
    shown: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if named:
        monkeypatch.setenv("OTEL_SERVICE_NAME", named)
    tracing = open_tracing({"OTEL_TRACES_EXPORTER": "console"})
    assert tracing is not None

    tracing.record([a_request()])
    tracing.close()

    (span,) = [json.loads(capsys.readouterr().out)]
    assert span["name"] == "/predict"
    assert span["resource"]["attributes"]["service.name"] == shown


def test_an_exporter_we_do_not_know_is_named(caplog: pytest.LogCaptureFixture) -> None:
    assert open_tracing({"OTEL_TRACES_EXPORTER": "zipkin"}) is None

    assert "'zipkin'" in caplog.text
    assert "otlp, console, none" in caplog.text


def test_missing_packages_are_said_once_and_stop_nothing() -> None:
    command = [sys.executable, "-c", WITHOUT_THE_PACKAGES]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    is_none, heard = json.loads(done.stdout)
    assert is_none
    (said,) = heard
    assert "headgate[otel]" in said
