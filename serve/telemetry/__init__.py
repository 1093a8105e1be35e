"""Metrics, log lines, request ids and traces of the service."""

from serve.telemetry.ids import RequestIds, TraceParent
from serve.telemetry.served import Served
from serve.telemetry.telemetry import Telemetry

__all__ = ["RequestIds", "Served", "Telemetry", "TraceParent"]
