"""Whose address is logged: only that of a caller who was turned away."""

from starlette.types import Scope

TURNED_AWAY = frozenset({401, 403, 429})


def address_of(scope: Scope, status: int) -> str | None:
    """Return where a caller without a right to an answer came from; of all others nothing is kept.

    Behind a trusted proxy that is what it forwarded, which callers may have written.
    """
    if status not in TURNED_AWAY or scope.get("client") is None:
        return None
    host: str = scope["client"][0]
    return host
