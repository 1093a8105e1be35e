"""Names: of runs, models and versions, and how each is written."""

import hashlib
import re
import uuid
from dataclasses import dataclass
from typing import Self

from headgate.errors import UsageError

RUN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
MODEL = re.compile(r"[a-z][a-z0-9_]{0,62}")
VERSION = re.compile(r"v(\d{4,})")


def check_run_id(run_id: str) -> str:
    """Return ``run_id`` if it may name a run.

    Raises:
        UsageError: if it is not 1 to 64 letters, digits, ``_`` or ``-``.
    """
    if RUN_ID.fullmatch(run_id) is None:
        raise UsageError(
            f"run_id {run_id[:80]!r} cannot be used. Use 1 to 64 letters, digits, '_' or '-'."
        )
    return run_id


def check_model_name(model: str) -> str:
    """Return ``model`` if it may name a model.

    Raises:
        UsageError: if it is not a lower-case Python name of at most 63 characters.
    """
    if MODEL.fullmatch(model) is None:
        raise UsageError(
            f"Model name {model[:80]!r} cannot be used. "
            "Use lower-case letters, digits and '_', beginning with a letter."
        )
    return model


def new_run_id() -> str:
    """Return a run_id nobody used before."""
    return uuid.uuid4().hex


def derive_run_id(run_id: str, suffix: str) -> str:
    """Return the run_id of a piece of work that another run starts; always the same one."""
    derived = f"{run_id}-{suffix}"
    if len(derived) <= 64:
        return derived
    return f"{hashlib.sha256(run_id.encode()).hexdigest()[:32]}-{suffix}"


def version_name(number: int) -> str:
    """Return how version ``number`` is written.

    >>> version_name(7)
    'v0007'
    """
    return f"v{number:04d}"


def version_number(version: str) -> int:
    """Return the number of a version's name, so that v10000 comes after v9999.

    Raises:
        UsageError: if it is not a version's name.
    """
    match = VERSION.fullmatch(version)
    if match is None or int(match[1]) == 0:
        raise UsageError(f"{version[:80]!r} is not a version. Write it as v0001.")
    return int(match[1])


@dataclass(frozen=True, slots=True)
class VersionRef:
    """A model, and optionally one of its versions or ``champion``."""

    model: str
    version: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``iris``, ``iris@v0003`` or ``iris@champion``."""
        model, at, version = text.partition("@")
        check_model_name(model)
        if not at:
            return cls(model)
        if version != "champion":
            version_number(version)
        return cls(model, version)

    def __str__(self) -> str:
        return f"{self.model}@{self.version}" if self.version else self.model
