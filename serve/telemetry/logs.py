"""The form of every other log line: what the service and its libraries say by `logging`."""

import logging
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog
from structlog.types import EventDict, WrappedLogger

from serve.telemetry.stderr import standard_error

LogFormat = Literal["json", "text"]
_ESCAPED = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}
_ESCAPED |= {code: f"\\u{code:04x}" for code in (0x2028, 0x2029)}
_FIRST = ("timestamp", "level", "logger", "event", "exception")


def logging_config(form: LogFormat) -> dict[str, Any]:
    """Return the set-up of `logging` for a server process: one line each to standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "serve.telemetry.logs.formatter", "form": form}},
        "handlers": {"stderr": {"class": "serve.telemetry.logs.LineHandler", "formatter": "line"}},
        "root": {"level": "INFO", "handlers": ["stderr"]},
        "loggers": {"httpx": {"level": "WARNING"}, "httpcore": {"level": "WARNING"}},
    }


class LineHandler(logging.Handler):
    """Hands every record to the writer of standard error, in order with the requests' lines."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = f"{self.format(record)}\n"
        except (TypeError, ValueError, LookupError):
            # A record whose arguments do not fit its text breaks nobody's request.
            self.handleError(record)
        else:
            standard_error().write([line])

    def flush(self) -> None:
        standard_error().flush()


def formatter(form: LogFormat) -> logging.Formatter:
    """Return what makes a line of a record; the request's ids are added where there is one."""
    render = structlog.processors.JSONRenderer() if form == "json" else _text
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            render,
        ],
    )


def _text(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """Return time, level, logger, event and fields in one line, then the traceback, indented.

    Control characters are escaped: a line that starts with a time was started by us.
    """
    head = " ".join(_plain(event.get(key, "-")) for key in _FIRST[:-1])
    fields = "".join(f" {key}={_plain(value)}" for key, value in event.items() if key not in _FIRST)
    traceback = _lines(event)
    return head + fields + traceback


def _lines(event: MutableMapping[str, Any]) -> str:
    lines = str(event.get("exception", "")).splitlines()
    return "".join(f"\n    {_plain(line)}" for line in lines)


def _plain(value: object) -> str:
    return str(value).translate(_ESCAPED)
