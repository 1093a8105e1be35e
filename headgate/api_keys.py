"""API keys: who may do what. Only the digest of a key is ever kept."""

import hashlib
import re
import secrets
from typing import Literal, Self, get_args

from pydantic import Field

from headgate.documents.base import Frozen
from headgate.errors import UsageError
from headgate.names import check_model_name

Role = Literal["predict", "operate", "approve", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
SCHEME = "sha256$"
# Tools that look for leaked secrets find a key by this.
PREFIX = "hg_"
SECRET_BYTES = 32


class Grant(Frozen):
    """A role, for every model or for one."""

    role: Role
    model: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``predict`` or ``predict@iris``.

        Raises:
            UsageError: if there is no such role, or no model can have that name.
        """
        role, at, model = text.partition("@")
        if role not in ROLES:
            # What stands here may be a key in the wrong place, so it is not repeated.
            raise UsageError(f"A role is one of {', '.join(ROLES)}, or one of them @model.")
        name = check_model_name(model) if at else None
        return cls.model_validate({"role": role, "model": name})

    def __str__(self) -> str:
        return f"{self.role}@{self.model}" if self.model else self.role


class ApiKey(Frozen):
    """A named key, what it may do, and the hex SHA-256 of its text.

    The text is 256 random bits, which nobody guesses however fast a hash can be tried; a slow hash
    would protect nothing more and would cost every request milliseconds.
    """

    name: str = Field(pattern=f"^{NAME}$")
    grants: tuple[Grant, ...] = Field(min_length=1)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``name:role+role@model:sha256$<64 hex digits>``.

        Raises:
            UsageError: saying which part is wrong; never what stands where the digest belongs.
        """
        name, roles, digest = (*text.strip().split(":", 2), "", "")[:3]
        if not re.fullmatch(re.escape(SCHEME) + "[0-9a-f]{64}", digest):
            raise UsageError(
                f"A key is written name:role+role:{SCHEME}<64 hex digits>. Only digests are taken, "
                "never the key itself; this makes both: headgate key new NAME --role ROLE"
            )
        if not re.fullmatch(NAME, name):
            raise UsageError("A key's name is 1 to 64 letters, digits, '.', '_' and '-'.")
        grants = tuple(Grant.parse(part) for part in roles.split("+"))
        return cls(name=name, grants=grants, sha256=digest.removeprefix(SCHEME))

    def __str__(self) -> str:
        return f"{self.name}:{'+'.join(map(str, self.grants))}:{SCHEME}{self.sha256}"


def new_secret() -> str:
    """Return a key nobody can guess."""
    return PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def digest_of(secret: str) -> str:
    """Return what is kept of a key.

    >>> digest_of("hg_")[:8]
    '1a60f671'
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def parse_keys(text: str) -> tuple[ApiKey, ...]:
    """Read one key a line; empty lines and those that begin with # say nothing.

    Raises:
        UsageError: naming the first line that is no key.
    """
    keys = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            keys.append(ApiKey.parse(line))
        except UsageError as err:
            raise UsageError(f"Line {number}: {err}") from err
    return tuple(keys)
