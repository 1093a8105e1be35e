"""Lets a request in by its key, or refuses it; the same for every way in."""

import math
from collections.abc import Awaitable, Callable
from typing import Annotated, cast

from fastapi import Depends, Request
from starlette.types import Scope

from headgate.api_keys import Role
from headgate.settings import Settings
from serve.access.callers import LOCAL, Caller
from serve.access.keyring import Keyring
from serve.access.rates import Rates
from serve.errors import RateLimitedError, UnauthenticatedError
from serve.telemetry.noting import current_note

__all__ = ["LOCAL", "Caller", "CallerDep", "Guard", "requires", "requires_somewhere"]


class Guard:
    """Knows the keys and how often each may ask; costs a few microseconds a request."""

    def __init__(self, settings: Settings) -> None:
        self._keyring = Keyring(settings) if settings.has_keys else None
        self._rates: Rates | None = None
        if settings.rate_limit is not None:
            burst = settings.rate_burst or max(1, math.ceil(settings.rate_limit))
            self._rates = Rates(settings.rate_limit, burst)

    @property
    def problem(self) -> str | None:
        """Why the keys in use are older than their file, or None."""
        return self._keyring.problem if self._keyring else None

    def admit(self, scope: Scope, role: Role, model: str | None = None) -> Caller:
        """Return who asks, if it may; one request more counts against its rate.

        Without ``model`` the role must hold for every model.

        Raises:
            UnauthenticatedError: if the server has keys and the request none of them.
            RateLimitedError: if the key has asked too often.
            ForbiddenError: if the key has not that role, or not for that model.
        """
        caller = self.meet(scope)
        caller.must(role, model)
        return caller

    def meet(self, scope: Scope) -> Caller:
        """Return who asks, whatever it may do; one request more counts against its rate.

        Raises:
            UnauthenticatedError: if the server has keys and the request none of them.
            RateLimitedError: if the key has asked too often.
        """
        caller = self.identify(scope)
        if self._rates is not None and (wait := self._rates.take(caller.name)):
            raise RateLimitedError(caller.name, self._rates.per_second, math.ceil(wait))
        return caller

    def identify(self, scope: Scope) -> Caller:
        """Return who asks, and count nothing.

        Raises:
            UnauthenticatedError: if the server has keys and the request none of them.
        """
        if self._keyring is None:
            return LOCAL
        secret = _secret(scope)
        caller = self._keyring.find(secret) if secret else None
        if caller is None:
            raise UnauthenticatedError
        return caller


def guard_of(request: Request) -> Guard:
    """Return the guard of the application that got the request."""
    return cast(Guard, request.app.state.services.guard)


async def _caller(request: Request) -> Caller:
    caller = guard_of(request).meet(request.scope)
    current_note().caller = caller.name
    return caller


CallerDep = Annotated[Caller, Depends(_caller)]


def requires(role: Role) -> Callable[[Request, Caller], Awaitable[None]]:
    """Return the dependency that lets only callers with a role pass.

    On a path that names a model the role must hold for it, else for every model.
    """

    async def check(request: Request, caller: CallerDep) -> None:
        caller.must(role, request.path_params.get("model"))

    return check


def requires_somewhere(role: Role) -> Callable[[Caller], Awaitable[None]]:
    """Return the dependency for paths whose model is found out later, and checked there."""

    async def check(caller: CallerDep) -> None:
        caller.must_somewhere(role)

    return check


def _secret(scope: Scope) -> bytes:
    token = key = b""
    for name, value in scope["headers"]:
        if name == b"authorization" and not token and value[:7].lower() == b"bearer ":
            token = value[7:].strip()
        elif name == b"x-api-key" and not key:
            key = value.strip()
    return token or key
