"""Which endpoint a request asks that no router will see."""

from collections.abc import Iterable

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from serve.telemetry.middleware import UNMATCHED

MOST_KNOWN = 1024
LONGEST_PATH = 200


class Endpoints:
    """Finds the route of a request that no router has seen."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._routes = [route for route in routes if isinstance(route, APIRoute)]
        self._known: dict[tuple[str, str], str] = {}

    def of(self, scope: Scope) -> str:
        """Return the route's template: there are as many as routes, whatever clients ask for."""
        asked: tuple[str, str] = (scope["method"], scope["path"])
        endpoint = self._known.get(asked)
        if endpoint is None:
            endpoint = self._find(scope)
            if len(self._known) < MOST_KNOWN and len(scope["path"]) <= LONGEST_PATH:
                self._known[asked] = endpoint
        return endpoint

    def _find(self, scope: Scope) -> str:
        found = UNMATCHED
        for route in self._routes:
            match, _ = route.matches(scope)
            if match is Match.FULL:
                return route.path
            if match is Match.PARTIAL and found == UNMATCHED:
                found = route.path
        return found
