"""The log line of a request, written without a logging framework in the way."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from serve.telemetry.inputs import MOST_CHARACTERS, InputLog
from serve.telemetry.logs import LogFormat
from serve.telemetry.served import Served


class RequestLines:
    """Renders requests as lines; their inputs only with an `InputLog`.

    Whatever a client may have chosen is harmless or escaped, so that nobody writes our lines.
    """

    def __init__(self, form: LogFormat, inputs: InputLog | None = None) -> None:
        self._form = form
        self._inputs = inputs

    def render(self, batch: Sequence[Served], timestamp: str) -> list[str]:
        """Return a line each, ended; a batch shares its time."""
        quoted = _between_quotes if _harmless(batch) else _escaped
        lines = []
        for served in batch:
            shared = _shared(
                served.model, served.version, served.endpoint, served.caller, served.status
            )
            lines.append(
                f'{{"timestamp":"{timestamp}",{shared.level},"event":"request",'
                f'"request_id":{quoted(served.request_id)},'
                f'"prediction_id":{quoted(served.prediction_id)},'
                f'{shared.names},"latency_ms":{served.latency_seconds * 1000:.3f},'
                f'"predict_ms":{_milliseconds(served.predict_seconds)},"n_rows":{served.n_rows}'
                f"{'' if _is_plain(served) else self._more(served)}}}\n"
            )
        return lines if self._form == "json" else [_in_words(line) for line in lines]

    def _more(self, served: Served) -> str:
        """Return what few requests have."""
        more = "" if served.trace is None else f',"trace_id":"{served.trace.trace_id}"'
        if served.address is not None:
            more += f',"address":{_escaped(served.address)}'
        if self._inputs is not None and served.inputs is not None:
            more += f',"inputs":{self._inputs.to_json(served.inputs)}'
        if served.shed is not None:
            more += f',"shed":"{served.shed.reason}","n_unlogged":{served.shed.n_unlogged}'
        return more


def _is_plain(served: Served) -> bool:
    is_usual = served.trace is None and served.address is None
    return is_usual and served.inputs is None and served.shed is None


class _Shared(NamedTuple):
    """The parts of a line that are the same for many requests."""

    level: str
    names: str


@lru_cache(maxsize=1000)
def _shared(model: str, version: str, endpoint: str, caller: str, status: int) -> _Shared:
    names = {"model": model, "version": version, "endpoint": endpoint, "caller": caller}
    named = json.dumps({**names, "status": status}, separators=(",", ":"))[1:-1]
    return _Shared(f'"level":"{"error" if status >= 500 else "info"}"', named)


def _harmless(batch: Sequence[Served]) -> bool:
    """Say whether no id needs to be escaped: once for all of them costs little."""
    ids = "".join([served.request_id + (served.prediction_id or "") for served in batch])
    return ids.isascii() and ids.isprintable() and '"' not in ids and "\\" not in ids


def _between_quotes(text: str | None) -> str:
    return "null" if text is None else f'"{text}"'


def _escaped(text: str | None) -> str:
    return "null" if text is None else json.dumps(text[:MOST_CHARACTERS])


@lru_cache(maxsize=64)
def _milliseconds(seconds: float | None) -> str:
    # The requests of a scored batch share this.
    return "null" if seconds is None else f"{seconds * 1000:.3f}"


def _in_words(json_line: str) -> str:
    line: dict[str, object] = json.loads(json_line)
    time, level, event = line.pop("timestamp"), line.pop("level"), line.pop("event")
    said = " ".join(f"{key}={json.dumps(value)}" for key, value in line.items())
    return f"{time} {level} {event} {said}\n"
