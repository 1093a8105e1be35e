"""Every request that is not on the hot path is named, counted and logged; also the refused ones."""

import json
import logging
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.responses import StreamingResponse

from headgate.trace_context import trace_headers
from serve.errors import ModelUnknownError
from serve.failures import install
from serve.telemetry import Telemetry
from serve.telemetry.middleware import TelemetryMiddleware
from serve.telemetry.noting import current_note
from tests.serve.telemetry.reading import KeptLines, samples, total

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
router = APIRouter()


@router.get("/models/{model}/thing")
async def thing(model: str) -> dict[str, str]:
    if model != "flower":
        raise ModelUnknownError(model, ["flower"])
    note = current_note()
    note.caller, note.model, note.version, note.labels = "shop", "flower", "v0001", ["rose"]
    return trace_headers()


@router.get("/bug")
def bug() -> None:
    current_note().caller = "shop"
    raise RuntimeError("nobody foresaw this")


@router.get("/broken")
async def broken() -> StreamingResponse:
    async def body() -> AsyncIterator[bytes]:
        yield b"half"
        raise RuntimeError("it broke in the middle")

    return StreamingResponse(body())


class Watched:
    """An application with the middleware, and the lines it wrote."""

    def __init__(self) -> None:
        sink = KeptLines()
        self.lines = sink.lines
        self.telemetry = Telemetry(sink=sink)
        app = FastAPI()
        app.include_router(router)
        install(app, {ModelUnknownError: 404})
        app.add_middleware(TelemetryMiddleware, telemetry=self.telemetry)
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def ask(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        async def asked() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=self._transport, base_url="http://headgate"
            ) as client:
                return await client.request(method, path, headers=headers)

        return anyio.run(asked)

    @property
    def metrics(self) -> str:
        return self.telemetry.exposition().decode()


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_an_answer_has_the_id_under_which_it_is_logged(watched: Watched) -> None:
    answer = watched.ask("/models/flower/thing", **{"X-Request-ID": "mine-7"})

    (line,) = map(json.loads, watched.lines)
    assert answer.headers["x-request-id"] == "mine-7" == line["request_id"]
    assert line["endpoint"] == "/models/{model}/thing"
    assert (line["status"], line["caller"]) == (200, "shop")
    assert (line["model"], line["version"]) == ("flower", "v0001")
    assert line["latency_ms"] > 0


def test_a_hostile_id_comes_back_as_one_of_ours(watched: Watched) -> None:
    answer = watched.ask("/models/flower/thing", **{"X-Request-ID": 'x","status":1,"a":"'})

    (line,) = map(json.loads, watched.lines)
    assert line["request_id"] == answer.headers["x-request-id"]
    assert line["request_id"].endswith("-1")
    assert line["status"] == 200


def test_the_callers_trace_is_logged_and_passed_on(watched: Watched) -> None:
    answer = watched.ask("/models/flower/thing", traceparent=TRACE)

    (line,) = map(json.loads, watched.lines)
    assert line["trace_id"] == TRACE.split("-")[1]
    assert answer.json() == {"traceparent": TRACE}


def test_without_a_trace_none_is_passed_on(watched: Watched) -> None:
    assert watched.ask("/models/flower/thing").json() == {}


def test_a_name_that_a_client_invented_becomes_no_label(watched: Watched) -> None:
    for i in range(20):
        watched.ask(f"/models/invented{i}/thing")
        watched.ask(f"/invented{i}", method="POST")

    counted = [name for name in samples(watched.metrics) if name.startswith("request_count")]
    assert counted == [
        "request_count endpoint=/models/{model}/thing model_name= status=404",
        "request_count endpoint=unmatched model_name= status=404",
    ]
    assert "invented" not in watched.metrics + "".join(watched.lines)


def test_a_wrong_method_counts_for_its_path(watched: Watched) -> None:
    watched.ask("/bug", method="DELETE")

    assert total(watched.metrics, "request_count", endpoint="/bug", status="405") == 1


def test_a_bug_is_counted_as_500_with_its_id_on_the_answer(watched: Watched) -> None:
    answer = watched.ask("/bug")

    (line,) = map(json.loads, watched.lines)
    assert answer.status_code == 500 == line["status"]
    assert answer.headers["x-request-id"] == line["request_id"]
    assert (line["level"], line["caller"]) == ("error", "shop")


def test_an_answer_that_breaks_off_is_no_success(watched: Watched) -> None:
    watched.ask("/broken")

    (line,) = map(json.loads, watched.lines)
    assert line["status"] == 500


def test_answered_rows_are_counted_and_nothing_stays_in_flight(watched: Watched) -> None:
    watched.ask("/models/flower/thing")
    watched.ask("/bug")

    assert total(watched.metrics, "predictions_total", model="flower", label="rose") == 1
    assert total(watched.metrics, "requests_in_flight") == 0


def test_what_is_logged_meanwhile_carries_the_requests_id(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    from serve.telemetry.logs import formatter

    caplog.handler.setFormatter(formatter("json"))
    with caplog.at_level(logging.ERROR):
        watched.ask("/bug", **{"X-Request-ID": "mine-8"})

    lines = [json.loads(line) for line in caplog.text.splitlines()]
    assert [line["request_id"] for line in lines if "exception" in line] == ["mine-8"]
