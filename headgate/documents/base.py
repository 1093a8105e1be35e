"""What every stored document shares: frozen, strict, and one canonical form of bytes."""

import hashlib
import json
from typing import Self

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from headgate.errors import IntegrityError


class Frozen(BaseModel):
    """A value: never changed after it was made, and without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def canonical_json(value: JsonValue) -> bytes:
    """Return the one byte form of a JSON value: keys sorted, no blanks, UTF-8, no NaN."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def sha256_of(data: bytes) -> str:
    """Return the hex SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


class Document(Frozen):
    """A JSON document in the store; its bytes are canonical, so equal documents are equal bytes."""

    def to_bytes(self) -> bytes:
        return canonical_json(self.model_dump(mode="json")) + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes, key: str) -> Self:
        """Read a document back.

        Raises:
            IntegrityError: if the bytes are not a document of this kind; ``key`` says which.
        """
        try:
            return cls.model_validate_json(data)
        except ValidationError as err:
            wrong = ", ".join(
                f"{'.'.join(map(str, e['loc'])) or 'document'}: {e['msg']}" for e in err.errors()
            )
            raise IntegrityError(
                f"Stored document {key!r} is not a readable {cls.__name__} ({wrong}). "
                "It was written by a newer Headgate or altered; restore it from a backup."
            ) from err
