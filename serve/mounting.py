"""Takes off the path under which a proxy shows this service."""

from starlette.types import ASGIApp, Receive, Scope, Send


class Mounted:
    """Lets everything behind it see its own paths, whether the proxy cut the prefix or not."""

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self._app = app
        self._prefix = f"{root_path}/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(self._prefix):
            scope = {**scope, "path": scope["path"][len(self._prefix) - 1 :]}
        await self._app(scope, receive, send)
