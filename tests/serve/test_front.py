"""Layers stand before FastAPI, the last one put there first."""

import asyncio

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from serve.front import Service


class Names:
    """Notes the order in which layers are passed."""

    def __init__(self, app: ASGIApp, name: str, passed: list[str]) -> None:
        self._app, self._name, self._passed = app, name, passed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._passed.append(self._name)
        await self._app(scope, receive, send)


def a_service() -> Service:
    app = Service()

    @app.get("/name")
    def name() -> str:
        return "inner"

    return app


def ask(app: Service) -> object:
    async def asked() -> object:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return (await client.get("/name")).json()

    return asyncio.run(asked())


def test_the_last_layer_sees_a_request_first() -> None:
    passed: list[str] = []
    app = a_service()
    app.put_in_front(Names, name="inner", passed=passed)
    app.put_in_front(Names, name="outer", passed=passed)

    answer = ask(app)

    assert answer == "inner"
    assert passed == ["outer", "inner"]


def test_without_layers_it_is_plain_fastapi() -> None:
    assert ask(a_service()) == "inner"
