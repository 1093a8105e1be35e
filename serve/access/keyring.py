"""The keys this server knows, followed while the file they stand in changes."""

import hashlib
import logging
import time
from collections.abc import Callable
from pathlib import Path

from headgate.api_keys import ApiKey
from headgate.errors import UsageError
from headgate.key_files import read_keys
from headgate.settings import Settings
from serve.access.callers import Caller

LOG = logging.getLogger(__name__)
LOOK_SECONDS = 1.0

Mark = tuple[int, int, int]


class Keyring:
    """Finds who has a key; the file is looked at once a second at most, when somebody asks.

    A file that cannot be used leaves the keys that were there: a slip in it locks nobody out. One
    that stays empty for two looks has no keys any more: the last key is taken back like any other.

    Raises:
        UsageError: if the file cannot be used, or is empty, when the server starts.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._fixed = settings.api_keys
        self._file = settings.api_keys_file
        self._clock = clock
        self._look_at = clock() + LOOK_SECONDS
        self._mark = _mark(self._file) if self._file else None
        self._was_empty = False
        self._by_digest = _by_digest(
            (*self._fixed, *(_first_keys(self._file) if self._file else ()))
        )
        self.problem: str | None = None

    def find(self, secret: bytes) -> Caller | None:
        """Return who has this key.

        The digest is looked up, not the key: how long that takes says something about the digest
        of a guess at most, and nobody can choose a guess by its digest.
        """
        if self._file is not None and self._clock() >= self._look_at:
            self._look(self._file)
        return self._by_digest.get(hashlib.sha256(secret).digest())

    def _look(self, file: Path) -> None:
        self._look_at = self._clock() + LOOK_SECONDS
        mark = _mark(file)
        if mark == self._mark:
            return
        self._mark = mark
        try:
            keys = read_keys(file)
        except UsageError as err:
            self.problem = f"The keys from before are still in use. {err}"
            LOG.warning("keys=old %s", self.problem)
            return
        if not keys and not self._was_empty:
            # Perhaps somebody is just writing it.
            self._was_empty, self._mark = True, None
            return
        self._was_empty = False
        self.problem = None if keys else _empty(file)
        self._by_digest = _by_digest((*self._fixed, *keys))
        LOG.info("keys=%d read again from %s", len(self._by_digest), file)


def _first_keys(file: Path) -> tuple[ApiKey, ...]:
    keys = read_keys(file)
    if not keys:
        raise UsageError(_empty(file))
    return keys


def _empty(file: Path) -> str:
    return (
        f"There is no key in {file}, so it lets nobody in. Add one: headgate key new NAME "
        f"--role ROLE --file {file}"
    )


def _by_digest(keys: tuple[ApiKey, ...]) -> dict[bytes, Caller]:
    return {bytes.fromhex(key.sha256): Caller.of(key) for key in keys}


def _mark(file: Path) -> Mark | None:
    """Return what changes with the file's content, or None while there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
