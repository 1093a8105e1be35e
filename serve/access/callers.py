"""Who asks, and what it may do."""

from dataclasses import dataclass

from headgate.api_keys import ApiKey, Role
from serve.errors import ForbiddenError


@dataclass(frozen=True, slots=True)
class Caller:
    """The name of the key that asks and its roles; ``local`` where there are no keys.

    ``roles`` hold for every model, ``limited`` for one model each.
    """

    name: str
    roles: frozenset[Role]
    limited: frozenset[tuple[Role, str]] = frozenset()

    @classmethod
    def of(cls, key: ApiKey) -> "Caller":
        roles = frozenset(g.role for g in key.grants if g.model is None)
        limited = frozenset((g.role, g.model) for g in key.grants if g.model is not None)
        return cls(key.name, roles, limited)

    def may(self, role: Role, model: str | None = None) -> bool:
        """Say whether it has a role for a model, or without one for all of them."""
        if role in self.roles or "admin" in self.roles:
            return True
        return model is not None and not self.limited.isdisjoint({(role, model), ("admin", model)})

    def may_somewhere(self, role: Role) -> bool:
        """Say whether it has a role for any model at all."""
        return self.may(role) or any(granted in {role, "admin"} for granted, _ in self.limited)

    def must(self, role: Role, model: str | None = None) -> None:
        """Refuse a caller without a role.

        Raises:
            ForbiddenError: if neither the role nor ``admin`` is among the caller's.
        """
        if not self.may(role, model):
            somewhere = f"{role} for every model" if self.may_somewhere(role) else role
            raise ForbiddenError(
                self.name, self._shown(), f"{role}@{model}" if model else somewhere
            )

    def must_somewhere(self, role: Role) -> None:
        """Refuse a caller that has a role for no model at all.

        Raises:
            ForbiddenError: if it has not.
        """
        if not self.may_somewhere(role):
            raise ForbiddenError(self.name, self._shown(), role)

    def _shown(self) -> list[str]:
        return sorted([*self.roles, *(f"{role}@{model}" for role, model in self.limited)])


# Without keys the server listens on loopback only: whoever reaches it owns it.
LOCAL = Caller("local", frozenset({"admin"}))
