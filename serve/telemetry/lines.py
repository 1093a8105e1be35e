"""The log line of a request, written without a logging framework in the way."""

import json
from collections.abc import Sequence
from functools import lru_cache

from serve.telemetry.ids import SAFE
from serve.telemetry.inputs import InputLog
from serve.telemetry.logs import LogFormat
from serve.telemetry.served import Served


class RequestLines:
    """Renders requests as lines; their inputs only with an `InputLog`.

    Whatever a client may have chosen is harmless or escaped, so that nobody writes our lines.
    """

    def __init__(self, form: LogFormat, inputs: InputLog | None = None) -> None:
        self._line = self._json if form == "json" else self._text
        self._inputs = inputs

    def render(self, batch: Sequence[Served], timestamp: str) -> list[str]:
        """Return a line each, ended; a batch shares its time."""
        line = self._line
        return [line(served, timestamp) for served in batch]

    def _json(self, served: Served, timestamp: str) -> str:
        return (
            f'{{"timestamp":"{timestamp}",{_level(served.status)},"event":"request",'
            f'"request_id":{_quoted(served.request_id)},'
            f'"prediction_id":{_quoted(served.prediction_id)},'
            f"{_names(served.model, served.version, served.endpoint, served.caller)},"
            f'"status":{served.status},"latency_ms":{served.latency_seconds * 1000:.3f},'
            f'"predict_ms":{_milliseconds(served.predict_seconds)},"n_rows":{served.n_rows}'
            f"{self._more(served)}}}\n"
        )

    def _more(self, served: Served) -> str:
        """Return what few requests have."""
        more = "" if served.trace is None else f',"trace_id":"{served.trace.trace_id}"'
        if self._inputs is not None and served.inputs is not None:
            more += f',"inputs":{self._inputs.to_json(served.inputs)}'
        return more

    def _text(self, served: Served, timestamp: str) -> str:
        line: dict[str, object] = json.loads(self._json(served, timestamp))
        time, level, event = line.pop("timestamp"), line.pop("level"), line.pop("event")
        said = " ".join(f"{key}={json.dumps(value)}" for key, value in line.items())
        return f"{time} {level} {event} {said}\n"


def _quoted(text: str | None) -> str:
    if text is None:
        return "null"
    return f'"{text}"' if SAFE.fullmatch(text) else json.dumps(text[:200])


def _milliseconds(seconds: float | None) -> str:
    return "null" if seconds is None else f"{seconds * 1000:.3f}"


@lru_cache(maxsize=600)
def _level(status: int) -> str:
    return f'"level":"{"error" if status >= 500 else "info"}"'


@lru_cache(maxsize=1000)
def _names(model: str, version: str, endpoint: str, caller: str) -> str:
    names = {"model": model, "version": version, "endpoint": endpoint, "caller": caller}
    return json.dumps(names, separators=(",", ":"))[1:-1]
