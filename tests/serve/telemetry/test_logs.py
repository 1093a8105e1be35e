"""What libraries and the rest of the service log, in the same form as requests."""

import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from structlog.contextvars import bound_contextvars

from serve.telemetry.logs import LogFormat, formatter

HOSTILE = "GET /a\n2026-11-21T00:00:00Z info root forged\x1b[2J\u2028"


class Lines(logging.Handler):
    """Keeps what would be written."""

    def __init__(self, form: LogFormat) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(formatter(form))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    logger = logging.Logger("headgate.example")
    yield logger
    logger.handlers.clear()


def heard(logger: logging.Logger, form: LogFormat) -> list[str]:
    handler = Lines(form)
    logger.addHandler(handler)
    return handler.lines


def log_a_failure(logger: logging.Logger) -> None:
    try:
        int(HOSTILE)
    except ValueError:
        logger.exception("it failed")


def test_every_record_becomes_one_json_object(logger: logging.Logger) -> None:
    lines = heard(logger, "json")

    with bound_contextvars(request_id="abc-1"):
        logger.warning("model=%s %s", "flower", HOSTILE, extra={"version": "v0001"})

    (line,) = lines
    said = json.loads(line)
    assert len(line.splitlines()) == 1
    assert said.pop("event") == f"model=flower {HOSTILE}"
    assert datetime.fromisoformat(said.pop("timestamp")).utcoffset() == timedelta(0)
    assert said == {
        "level": "warning",
        "logger": "headgate.example",
        "version": "v0001",
        "request_id": "abc-1",
    }


def test_a_traceback_stays_inside_its_json_object(logger: logging.Logger) -> None:
    lines = heard(logger, "json")

    log_a_failure(logger)

    (line,) = lines
    assert len(line.splitlines()) == 1
    assert "ValueError" in json.loads(line)["exception"]


def test_a_text_line_is_one_line_whatever_it_says(logger: logging.Logger) -> None:
    lines = heard(logger, "text")

    logger.warning("%s", HOSTILE)

    (line,) = lines
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    assert " warning headgate.example GET /a" in line


def test_a_traceback_in_text_is_indented_so_that_it_is_no_line_of_its_own(
    logger: logging.Logger,
) -> None:
    lines = heard(logger, "text")

    log_a_failure(logger)

    first, *rest = lines[0].splitlines()
    assert first.endswith("it failed")
    assert rest
    assert all(line.startswith("    ") for line in rest)
