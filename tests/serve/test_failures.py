"""What no caller should see: bugs answer with an id."""

import asyncio
import logging

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import ClientDisconnect
from starlette.types import Message, Scope

from headgate.errors import HeadgateError, LostRaceError, UnreachableError
from headgate.runs.status import RunNotFoundError
from headgate.scoring.golden import GoldenMismatchError
from serve.app import HTTP_CODES
from serve.failures import install


class UnsupportedError(HeadgateError):
    """An error that nobody gave a code."""


def ask(app: FastAPI, *paths: str) -> list[httpx.Response]:
    """Ask for all paths at once."""

    async def all_at_once() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await asyncio.gather(*(client.get(path) for path in paths))

    return asyncio.run(all_at_once())


def an_app() -> FastAPI:
    app = FastAPI()
    install(app, HTTP_CODES)

    @app.get("/bug")
    async def bug() -> None:
        raise ZeroDivisionError("a secret detail")

    @app.get("/away")
    async def away() -> None:
        raise UnreachableError("The store is away.")

    return app


def test_a_bug_answers_with_an_id_and_the_log_has_its_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        (reply,) = ask(an_app(), "/bug")

    error = reply.json()
    assert reply.status_code == 500
    assert error["error"] == "UnexpectedError"
    assert "secret" not in reply.text
    assert "ZeroDivisionError" not in reply.text
    failure_id = error["detail"].split("'")[1]
    assert failure_id in caplog.text
    assert "ZeroDivisionError: a secret detail" in caplog.text


def test_a_service_that_is_away_says_when_to_ask_again() -> None:
    (reply,) = ask(an_app(), "/away")

    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "2")
    assert reply.json() == {
        "error": "UnreachableError",
        "detail": "The store is away.",
        "fields": [],
    }


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (LostRaceError, 409),
        (RunNotFoundError, 404),
        (UnsupportedError, 500),
        (GoldenMismatchError, 500),
    ],
)
def test_an_error_has_the_code_of_its_nearest_kind(kind: type[HeadgateError], code: int) -> None:
    app = an_app()

    @app.get("/fail")
    async def fail() -> None:
        raise kind.__new__(kind)

    (reply,) = ask(app, "/fail")

    assert (reply.status_code, reply.json()["error"]) == (code, kind.__name__)


def test_a_client_that_hangs_up_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    app = an_app()

    @app.get("/gone")
    async def gone() -> None:
        raise ClientDisconnect

    async def call() -> None:
        scope: Scope = {
            "type": "http",
            "method": "GET",
            "path": "/gone",
            "headers": [],
            "query_string": b"",
        }
        await app(scope, receive, send)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    sent: list[Message] = []
    with caplog.at_level(logging.INFO):
        asyncio.run(call())

    assert sent == []
    assert caplog.text == ""
