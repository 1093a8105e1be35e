"""Metrics, log lines, request ids and traces of the service."""

from serve.telemetry.ids import RequestIds, TraceParent
from serve.telemetry.served import Served, Shed
from serve.telemetry.telemetry import LineSink, Telemetry

__all__ = ["LineSink", "RequestIds", "Served", "Shed", "Telemetry", "TraceParent"]
