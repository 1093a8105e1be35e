"""Too much is refused at once and the rest is answered; who sends slowly is no load."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from starlette.types import Message, Receive, Scope, Send

from headgate.settings import Settings
from serve.errors import BodyTimeoutError, OverloadedError
from serve.load.arrivals import WHY
from serve.load.draining import Draining
from serve.load.refusals import Refusals
from serve.load.shedding import LOOK_SECONDS, MOST_ARRIVING, Shedding
from serve.telemetry import Telemetry
from tests.serve.telemetry.reading import KeptLines, total


@dataclass
class Door:
    """An application that reads its body and answers when the door is opened."""

    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while scope["method"] == "POST" and (await receive()).get("more_body"):
            pass
        if scope["path"] != "/health":
            await self.opened.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


class Call:
    """One request to an application, whose body comes as the test says."""

    def __init__(self, app: Shedding, path: str, method: str = "POST") -> None:
        self.body: asyncio.Queue[Message] = asyncio.Queue()
        self.sent: list[Message] = []
        scope: Scope = {"type": "http", "method": method, "path": path, "headers": []}
        self.task = asyncio.ensure_future(app(scope, self.body.get, self._send))

    def give(self, body: bytes = b"{}", *, more: bool = False) -> "Call":
        self.body.put_nowait({"type": "http.request", "body": body, "more_body": more})
        return self

    @property
    def status(self) -> int | None:
        return self.sent[0]["status"] if self.sent else None

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])

    async def _send(self, message: Message) -> None:
        self.sent.append(message)


Scenario = Callable[[Door, Callable[..., Call]], Awaitable[None]]


def play(scenario: Scenario, most_body_bytes: int = 10**9, **settings: object) -> list[str]:
    """Play a scenario against a server that lets two in at once; return what it says it shed."""
    telemetry = Telemetry(sink=KeptLines())

    async def played() -> None:
        door, draining = Door(), Draining(0)
        chosen = Settings.model_validate({"max_in_flight": 2, **settings})
        app = Shedding(door, chosen, draining, Refusals(telemetry, ()), most_body_bytes)
        await scenario(door, lambda path, method="POST": Call(app, path, method))

    asyncio.run(played())
    metrics = telemetry.exposition().decode()
    counted = {reason: total(metrics, "requests_shed_total", reason=reason) for reason in WHY}
    return [reason for reason, number in counted.items() for _ in range(int(number))]


async def soon() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_more_predictions_than_are_let_in_are_refused_before_their_body_is_read() -> None:
    async def scenario(door: Door, call: Callable[..., Call]) -> None:
        inside = [call("/predict").give() for _ in range(2)]
        await soon()
        refused = call("/models/iris/predict/batch").give()
        await soon()

        assert (refused.status, refused.body.qsize()) == (503, 1)
        assert int(refused.headers[b"retry-after"]) > 0
        assert refused.headers[b"x-content-type-options"] == b"nosniff"
        assert refused.headers[b"x-request-id"]
        assert b'"error":"OverloadedError"' in refused.sent[1]["body"]
        door.opened.set()
        await asyncio.gather(*(one.task for one in inside))
        assert [one.status for one in inside] == [200, 200]
        last = call("/predict").give()
        await last.task
        assert last.status == 200

    assert play(scenario) == ["busy"]


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/v2/health/live", "/metrics"])
def test_health_and_metrics_are_answered_whatever_the_load(path: str) -> None:
    async def scenario(door: Door, call: Callable[..., Call]) -> None:
        for _ in range(3):
            call("/predict").give()
            call("/status/x", "GET")
        await soon()
        asked = call(path, "GET")
        door.opened.set()
        await asked.task
        assert asked.status == 200

    assert play(scenario) == ["busy", "busy"]


def test_who_asks_for_a_status_is_not_refused_because_of_predictions_nor_the_other_way() -> None:
    async def scenario(door: Door, call: Callable[..., Call]) -> None:
        calls = [call("/predict").give(), call("/v2/models/iris/infer").give()]
        calls += [call("/status/x", "GET"), call("/infer").give()]
        await soon()
        assert [one.status for one in calls] == [None] * 4
        door.opened.set()
        await asyncio.gather(*(one.task for one in calls))

    assert play(scenario) == []


def test_who_still_sends_keeps_nobody_out() -> None:
    async def scenario(door: Door, call: Callable[..., Call]) -> None:
        slow = [call("/predict").give(b"{", more=True) for _ in range(20)]
        await soon()
        quick = call("/predict").give()
        door.opened.set()
        await quick.task
        assert quick.status == 200
        for one in slow:
            one.give(b"}")
        await asyncio.gather(*(one.task for one in slow))
        assert [one.status for one in slow] == [200] * 20

    assert play(scenario) == []


def test_but_no_more_of_them_than_the_server_has_room_for() -> None:
    async def scenario(_: Door, call: Callable[..., Call]) -> None:
        slow = [call("/predict") for _ in range(MOST_ARRIVING)]
        await soon()
        refused = call("/predict").give()
        await refused.task
        assert refused.status == 503
        for one in slow:
            one.task.cancel()

    assert play(scenario) == ["arriving"]


def test_a_body_that_does_not_come_ends_in_a_timeout() -> None:
    async def scenario(_: Door, call: Callable[..., Call]) -> None:
        never, half = call("/predict"), call("/predict").give(b"{", more=True)
        for one in (never, half):
            with pytest.raises(BodyTimeoutError):
                await asyncio.wait_for(one.task, 10 * LOOK_SECONDS)

    assert play(scenario, body_seconds=LOOK_SECONDS) == []


def test_a_request_that_is_cancelled_meanwhile_stays_cancelled() -> None:
    async def scenario(_: Door, call: Callable[..., Call]) -> None:
        one = call("/predict")
        await soon()
        one.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await one.task

    assert play(scenario) == []


def test_all_bodies_together_hold_no_more_than_they_may() -> None:
    async def scenario(door: Door, call: Callable[..., Call]) -> None:
        first, second = (call("/predict").give(b"x" * 1000, more=True) for _ in range(2))
        await soon()
        # Of a body that is too large by itself only the limit is held.
        third = call("/predict").give(b"x" * 9000, more=True)
        await soon()
        with pytest.raises(OverloadedError):
            await third.task
        for one in (first, second):
            one.give()
        door.opened.set()
        await asyncio.gather(first.task, second.task)
        fourth = call("/predict").give()
        await fourth.task
        assert [one.status for one in (first, second, fourth)] == [200, 200, 200]

    assert play(scenario, 2500, max_body_bytes=1000) == []
