"""The log line of a request: its keys, and that nobody else can write one."""

import json

import pytest

from serve.telemetry import TraceParent
from serve.telemetry.inputs import MOST_ROWS, REDACTED, InputLog
from serve.telemetry.lines import RequestLines
from tests.serve.telemetry.reading import a_request

NOW = "2026-11-21T03:36:36.000001Z"
ROWS = [{"length": 5.5, "name": "Ann\n"}]


def test_a_line_has_the_keys_of_the_design() -> None:
    (line,) = RequestLines("json").render([a_request()], NOW)

    assert line.endswith("}\n")
    assert json.loads(line) == {
        "timestamp": NOW,
        "level": "info",
        "event": "request",
        "request_id": "abc-1",
        "prediction_id": "flower-v0001-1-00ff00ff00ff00ff",
        "model": "flower",
        "version": "v0001",
        "endpoint": "/predict",
        "caller": "shop",
        "status": 200,
        "latency_ms": 2.0,
        "predict_ms": 0.5,
        "n_rows": 1,
    }


def test_a_refused_request_has_no_prediction_and_a_broken_one_is_an_error() -> None:
    refused = a_request(status=422, prediction_id=None, predict_seconds=None)

    lines = RequestLines("json").render([refused, a_request(status=500)], NOW)

    first, second = map(json.loads, lines)
    assert (first["level"], first["prediction_id"], first["predict_ms"]) == ("info", None, None)
    assert second["level"] == "error"


def test_the_callers_trace_is_in_the_line() -> None:
    (line,) = RequestLines("json").render([a_request(trace=TraceParent("a" * 32, "b", "01"))], NOW)

    assert json.loads(line)["trace_id"] == "a" * 32


def test_the_address_of_who_was_turned_away_is_in_the_line() -> None:
    lines = [a_request(status=401, address="203.0.113.9"), a_request(address='"\n')]

    said = map(json.loads, RequestLines("json").render(lines, NOW))

    assert [line["address"] for line in said] == ["203.0.113.9", '"\n']


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize("field", ["request_id", "prediction_id", "caller", "model", "endpoint"])
def test_no_text_ends_a_line_or_a_value(form: str, field: str) -> None:
    hostile = 'a","status":1}\n{"event":"forged\r\x1b[2J\u2028'

    (line,) = RequestLines("json" if form == "json" else "text").render(
        [a_request(**{field: hostile})], NOW
    )

    assert len(line.splitlines()) == 1
    assert line.isascii()
    assert line.rstrip("\n").isprintable()
    if form == "json":
        assert json.loads(line)["status"] == 200
        assert json.loads(line)[field] == hostile


def test_a_line_for_people_has_the_same_in_words() -> None:
    (line,) = RequestLines("text").render([a_request()], NOW)

    assert line.startswith(f'{NOW} info request request_id="abc-1" ')
    assert " status=200 " in line


def test_inputs_are_logged_only_where_that_is_switched_on() -> None:
    served = a_request(inputs=ROWS)

    (silent,) = RequestLines("json").render([served], NOW)
    (telling,) = RequestLines("json", InputLog()).render([served], NOW)

    assert "inputs" not in json.loads(silent)
    assert json.loads(telling)["inputs"] == ROWS


def test_a_redacted_column_is_not_in_the_line() -> None:
    (line,) = RequestLines("json", InputLog(frozenset({"name"}))).render(
        [a_request(inputs=ROWS)], NOW
    )

    assert json.loads(line)["inputs"] == [{"length": 5.5, "name": REDACTED}]
    assert "Ann" not in line


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        pytest.param({"a": float("nan")}, {"a": "nan"}, id="no number"),
        pytest.param({"a": None, "b": True}, {"a": None, "b": True}, id="missing and boolean"),
        pytest.param({"a": "x" * 999}, {"a": "x" * 200}, id="long text"),
        pytest.param({"a": {"name": "Ann"}}, {"a": "dict of 1"}, id="nested"),
        pytest.param(["Ann"], "no object but list", id="no row"),
    ],
)
def test_a_strange_row_is_shown_as_far_as_it_is_safe(row: object, shown: object) -> None:
    assert json.loads(InputLog(frozenset({"name"})).to_json([row])) == [shown]


def test_logged_inputs_are_bounded() -> None:
    many = [{"a": 1}] * 10_000
    wide = [{f"column{i}": "x" * 200 for i in range(1000)}]

    assert len(json.loads(InputLog().to_json(many))) == MOST_ROWS
    assert json.loads(InputLog().to_json(wide)) == "1 rows, too long"
