"""Who is asking, and whether the key's roles allow it."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from headgate.settings import ApiKey, Role, Settings
from serve.errors import ForbiddenError, UnauthenticatedError
from serve.services import services_of


@dataclass(frozen=True, slots=True)
class Caller:
    """The name of the key that asks and its roles; ``local`` where there are no keys."""

    name: str
    roles: frozenset[Role]

    def may(self, role: Role) -> bool:
        return bool(self.roles & {role, "admin"})

    def must(self, role: Role) -> None:
        """Refuse a caller without a role.

        Raises:
            ForbiddenError: if neither the role nor ``admin`` is among the caller's.
        """
        if not self.may(role):
            raise ForbiddenError(self.name, sorted(self.roles), role)


# Without keys the server listens on loopback only: whoever reaches it owns it.
LOCAL = Caller("local", frozenset({"admin"}))


def identify(request: Request) -> Caller:
    """Return who asks, by the key the request carries.

    Raises:
        UnauthenticatedError: if the server has keys and the request none of them.
    """
    settings: Settings = services_of(request).settings
    if not settings.api_keys:
        return LOCAL
    key = _matching(settings.api_keys, _secret(request))
    if key is None:
        raise UnauthenticatedError
    return Caller(key.name, frozenset(key.roles))


async def _caller(request: Request) -> Caller:
    return identify(request)


CallerDep = Annotated[Caller, Depends(_caller)]


def requires(role: Role) -> Callable[[Caller], Awaitable[None]]:
    """Return the dependency that lets only callers with a role pass."""

    async def check(caller: CallerDep) -> None:
        caller.must(role)

    return check


def _secret(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return token.strip()
    return request.headers.get("x-api-key", "").strip()


def _matching(keys: tuple[ApiKey, ...], secret: str) -> ApiKey | None:
    """Compare with every key, so that the time taken says nothing about which one was near."""
    sent = _digest(secret)
    same = [k for k in keys if hmac.compare_digest(sent, _digest(k.secret.get_secret_value()))]
    return same[0] if same else None


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
