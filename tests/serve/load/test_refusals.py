"""A refusal for load has an id and is counted like any answer; a flood of them is few lines."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from fastapi import APIRouter
from starlette.types import Message, Scope

from serve.load.refusals import LINES_PER_SECOND, Refusals
from serve.telemetry import Telemetry
from serve.telemetry.middleware import UNMATCHED
from tests.serve.telemetry.reading import KeptLines, total

TRACE = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
Header = tuple[bytes, bytes]

router = APIRouter()


@router.post("/models/{model}/predict")
async def predict() -> None: ...


class Refusing:
    """Refuses what it is asked, and keeps what it says about that."""

    def __init__(self) -> None:
        self._sink = KeptLines()
        self._telemetry = Telemetry(sink=self._sink)
        self._refusals = Refusals(self._telemetry, router.routes)
        self.statuses: list[int] = []
        self.ids: list[bytes] = []

    @property
    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self._sink.lines]

    @property
    def metrics(self) -> str:
        return self._telemetry.exposition().decode()

    async def ask(self, path: str = "/models/iris/predict", *headers: Header) -> None:
        scope: Scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "root_path": "",
            "headers": headers,
        }
        await self._refusals.refuse("busy", scope, _nothing_comes, self._send)

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.statuses.append(message["status"])
            self.ids.append(dict(message["headers"])[b"x-request-id"])


async def _nothing_comes() -> Message:
    raise AssertionError("a refusal does not read the body")


def refusing(scenario: Callable[[Refusing], Awaitable[None]]) -> Refusing:
    async def played() -> Refusing:
        door = Refusing()
        await scenario(door)
        return door

    return asyncio.run(played())


def test_a_refusal_has_the_id_and_the_trace_under_which_it_is_logged() -> None:
    async def scenario(door: Refusing) -> None:
        await door.ask(
            "/models/iris/predict", (b"x-request-id", b"mine-7"), (b"traceparent", TRACE)
        )

    door = refusing(scenario)

    (line,) = door.lines
    assert door.statuses == [503]
    assert door.ids == [b"mine-7"]
    assert (line["request_id"], line["trace_id"]) == ("mine-7", TRACE.split(b"-")[1].decode())
    assert (line["status"], line["level"]) == (503, "error")
    assert (line["shed"], line["n_unlogged"]) == ("busy", 0)


def test_without_an_id_each_gets_its_own() -> None:
    async def scenario(door: Refusing) -> None:
        await door.ask()
        await door.ask()

    door = refusing(scenario)

    assert len(set(door.ids)) == 2
    assert [line["request_id"] for line in door.lines] == [own.decode() for own in door.ids]


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/models/iris/predict", "/models/{model}/predict"),
        ("/models/invented/predict", "/models/{model}/predict"),
        ("/invented/predict", UNMATCHED),
    ],
)
def test_it_is_counted_under_its_route_and_never_under_what_a_client_invents(
    path: str, endpoint: str
) -> None:
    door = refusing(lambda door: door.ask(path))

    assert total(door.metrics, "request_count", endpoint=endpoint, status="503") == 1
    assert total(door.metrics, "requests_shed_total", reason="busy") == 1
    assert "invented" not in door.metrics


def test_of_a_flood_every_refusal_is_counted_and_few_are_logged_which_say_so() -> None:
    n_refused = 200

    async def scenario(door: Refusing) -> None:
        await asyncio.gather(*(door.ask() for _ in range(n_refused)))
        assert len(door.lines) == LINES_PER_SECOND
        await asyncio.sleep(1)
        await door.ask()

    door = refusing(scenario)

    unlogged = [line["n_unlogged"] for line in door.lines]
    assert total(door.metrics, "request_count", status="503") == n_refused + 1
    assert unlogged == [0] * LINES_PER_SECOND + [n_refused - LINES_PER_SECOND - 1, 0]


def test_a_storm_of_refusals_goes_out_at_a_pace() -> None:
    async def scenario(door: Refusing) -> None:
        storm = asyncio.gather(*(door.ask() for _ in range(300)))
        await asyncio.sleep(0.05)
        assert 0 < len(door.statuses) < 200
        await storm

    assert refusing(scenario).statuses == [503] * 300
