"""The port every store fills: immutable objects under keys, and one atomic primitive."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from headgate.errors import HeadgateError, NotFoundError


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What a listing knows of one object: `size` in bytes, `modified_at` in UTC."""

    key: str
    size: int
    modified_at: datetime


class Reader(Protocol):
    """What gives the bytes at a key: a store, or what stands in front of one."""

    def get(self, key: str) -> bytes:
        """Return the bytes at a key.

        Raises:
            ObjectNotFoundError: if there is nothing at the key.
        """


class Store(Reader, Protocol):
    """Bytes at a URL; safe to share between threads.

    Every method raises `UsageError` for a key that `validate_key` does not accept, and another
    `HeadgateError` when the disk or the service fails.
    """

    url: str
    """The URL as configured, without credentials."""

    def find(self, key: str) -> bytes | None:
        """Return the bytes at a key, or None when there is nothing."""

    def head(self, key: str) -> ObjectInfo | None:
        """Return size and time of the object at a key, or None when there is nothing."""

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Store a new object whole and durably, and say whether the object there is ours.

        True also when equal bytes are there already: a lost reply is not a lost race. Racers
        who must tell themselves apart therefore put a nonce into their bytes. False when
        somebody else's bytes are there. At most `MAX_OBJECT_BYTES`.
        """

    def put(self, key: str, data: bytes) -> None:
        """Store or overwrite an object whole; for heartbeats only, the last writer wins."""

    def delete(self, key: str) -> None:
        """Remove an object, absent is fine; for gc, retention and markers only."""

    def names(self, prefix: str) -> list[str]:
        """Return the sorted names of the files and folders directly under a folder."""

    def list(self, prefix: str, *, start_after: str = "") -> Iterator[ObjectInfo]:
        """Yield the objects whose key starts with a string, sorted by code point.

        Recursive; `start_after` is a key and exclusive.
        """

    def uri(self, key: str) -> str:
        """Return where the object can be opened: an absolute local path or an `s3://` URI."""


class ObjectNotFoundError(NotFoundError):
    """Nothing is stored at the key."""

    def __init__(self, key: str, store_url: str) -> None:
        super().__init__(
            f"Store {store_url} has no object {key!r}. Check the name; it was never written, "
            "or retention has removed it."
        )


class StoreFailedError(HeadgateError):
    """The disk or the service under a store failed for a reason other than being away."""


class StoreRefusedError(HeadgateError):
    """The store does not keep the promise of put-if-absent."""

    def __init__(self, store_url: str, seen: str) -> None:
        super().__init__(
            f"Store {store_url} must let exactly one of several writers create an object, but "
            f"{seen}. Nothing would be safe there: use a local folder, or an S3 service that "
            "honours If-None-Match."
        )
