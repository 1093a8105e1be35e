"""One entry of the ledger, and the state it leaves behind."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from headgate.documents.base import Document, Frozen, canonical_json, sha256_of

Kind = Literal["promote", "rollback", "return", "canary", "hold", "release"]
PrincipalKind = Literal["key", "local", "flow", "unverified"]


class Principal(Frozen):
    """Who did it: a key's name, the operating system's user, a flow run, or nobody known."""

    name: str
    kind: PrincipalKind

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})"


class Canary(Frozen):
    """A version that takes a share of the traffic."""

    version: str
    share: float = Field(gt=0, lt=1)


class Hold(Frozen):
    """Nothing promotes this model by itself until a person releases it."""

    by: Principal
    reason: str
    at: datetime


class LedgerState(Frozen):
    """What is live after an entry; ``champion_seq`` is the entry that made the champion so."""

    champion: str | None = None
    champion_seq: int = 0
    canary: Canary | None = None
    hold: Hold | None = None

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions that answer: the champion and the canary."""
        canary = self.canary.version if self.canary else None
        return tuple(version for version in (self.champion, canary) if version is not None)


class LedgerEntry(Document):
    """What changed, when, why and by whom, with the whole resulting state.

    ``previous_sha256`` is of the stored bytes of the entry before (None for the first), ``sha256``
    of this entry's canonical form without that field. ``undoes`` is the seq a rollback takes back.
    """

    schema_version: Literal[1] = 1
    model: str
    seq: int = Field(ge=1)
    kind: Kind
    run_id: str
    gate_id: str | None = None
    override: bool = False
    undoes: int | None = None
    by: Principal
    reason: str
    state: LedgerState
    at: datetime
    previous_sha256: str | None
    sha256: str = ""

    @property
    def subject(self) -> str | None:
        """The version the entry is about: the canary it starts, else the champion it leaves."""
        if self.kind == "canary" and self.state.canary is not None:
            return self.state.canary.version
        return self.state.champion

    def own_sha256(self) -> str:
        return sha256_of(canonical_json(self.model_dump(mode="json", exclude={"sha256"})))

    def sealed(self) -> "LedgerEntry":
        return self.model_copy(update={"sha256": self.own_sha256()})


class LedgerHead(Document):
    """A head repeated beside the ledger, so that a cut tail is found: `sha256` of the bytes."""

    schema_version: Literal[1] = 1
    model: str
    seq: int = Field(ge=1)
    sha256: str
