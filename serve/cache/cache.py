"""The cache folder: verified bytes by SHA-256, and the last ledger entry and manifests seen.

Nothing in it is believed: bytes are hashed at every read, an entry and a manifest carry their
digests, and whatever is not what it was is removed and asked of the store again. Several processes
share it. A folder that cannot be read or written is a server without a cache, not a broken one.
"""

import logging
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from headgate.documents.base import sha256_of
from headgate.documents.ledger import LedgerEntry
from headgate.documents.version import Manifest
from headgate.errors import HeadgateError, IntegrityError
from headgate.store.local import LocalStore
from headgate.store.port import ObjectInfo
from serve.cache.kept import KeptManifest

T = TypeVar("T")

LOG = logging.getLogger(__name__)
BLOBS = "blobs/"
VERSIONS = "versions/"
HEADS = "heads"


class Cache:
    """The part of the cache folder that belongs to one store; at most ``max_bytes`` of artifacts.

    The least recently used go first. What the last seen champions and canaries consist of stays,
    though it were more.
    """

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.folder = folder
        self._files = LocalStore(folder)
        self._max_bytes = max_bytes
        self._problem: str | None = None

    def prepare(self) -> None:
        """Make the folder, for this user only."""

        def make() -> None:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

        self._tried(make)

    def find(self, sha256: str) -> bytes | None:
        """Return the bytes of a digest, or None where they are not, or are others now."""
        key = _blob_key(sha256)
        data = self._tried(lambda: self._files.find(key))
        if data is None:
            return None
        if sha256_of(data) != sha256:
            self._refuse(key)
            return None
        self._use(key)
        return data

    def keep(self, sha256: str, data: bytes) -> None:
        """Keep bytes whose digest was checked."""
        self._tried(lambda: self._files.put(_blob_key(sha256), data))

    def trim(self) -> None:
        """Remove what is too much, once it is remembered what is needed."""
        self._tried(self._trim)

    def remember_manifest(self, manifest: Manifest) -> None:
        """Keep the manifest of a version that is served."""
        data = KeptManifest.of(manifest).to_bytes()
        self._tried(lambda: self._files.put(_manifest_key(manifest.model, manifest.version), data))

    def recall_manifest(self, model: str, version: str) -> Manifest | None:
        """Return the manifest of a version that was served here, or None."""
        key = _manifest_key(model, version)
        kept = self._read(key, KeptManifest.from_bytes, lambda kept: kept.is_whole)
        return kept.manifest if kept is not None else None

    def remember_entry(self, entry: LedgerEntry) -> None:
        """Keep the newest ledger entry of a model."""
        self._tried(lambda: self._files.put(_head_key(entry.model), entry.to_bytes()))

    def recall_entry(self, model: str) -> LedgerEntry | None:
        """Return the last ledger entry of a model that a server saw here, or None."""
        return self._read(
            _head_key(model),
            LedgerEntry.from_bytes,
            lambda entry: entry.sha256 == entry.own_sha256(),
        )

    def models(self) -> list[str]:
        """Return the models whose ledger a server saw here."""
        names = self._tried(lambda: self._files.names(HEADS)) or []
        return [name.removesuffix(".json") for name in names]

    def is_empty(self) -> bool:
        """Say whether no server has served anything of this store here."""
        return not self._tried(lambda: self._files.names(VERSIONS))

    def saw_store(self) -> None:
        """Note that the store was read just now."""
        self._tried(lambda: self._files.put("seen", b""))

    def store_seen_at(self) -> datetime | None:
        """Return when a server read the store last, or None if that is not known."""
        info = self._tried(lambda: self._files.head("seen"))
        return info.modified_at if info is not None else None

    def _read(
        self, key: str, parse: Callable[[bytes, str], T], is_whole: Callable[[T], bool]
    ) -> T | None:
        data = self._tried(lambda: self._files.find(key))
        if data is None:
            return None
        try:
            document = parse(data, key)
        except IntegrityError:
            document = None
        if document is None or not is_whole(document):
            self._refuse(key)
            return None
        return document

    def _refuse(self, key: str) -> None:
        LOG.warning("cache %s: %s is not what was kept; it is not used", self.folder, key)
        self._tried(lambda: self._files.delete(key))

    def _use(self, key: str) -> None:
        self._tried(lambda: os.utime(self._files.uri(key)))

    def _trim(self) -> None:
        blobs = list(self._files.list(BLOBS))
        excess = sum(blob.size for blob in blobs) - self._max_bytes
        if excess <= 0:
            return
        needed = self._needed()
        for blob in sorted(blobs, key=lambda blob: blob.modified_at):
            if excess > 0 and blob.key not in needed:
                self._files.delete(blob.key)
                excess -= blob.size
        self._forget_manifests(needed)

    def _needed(self) -> frozenset[str]:
        """Return the keys of what a new process needs to serve without the store."""
        needed: set[str] = set()
        for model in self.models():
            entry = self.recall_entry(model)
            for version in entry.state.versions if entry is not None else ():
                manifest = self.recall_manifest(model, version)
                files = manifest.files.values() if manifest is not None else ()
                needed.add(_manifest_key(model, version))
                needed.update(_blob_key(file.sha256) for file in files)
        return frozenset(needed)

    def _forget_manifests(self, needed: frozenset[str]) -> None:
        """Remove the manifests of versions whose artifacts may be gone."""
        kept: list[ObjectInfo] = [i for i in self._files.list(VERSIONS) if i.key not in needed]
        for info in kept:
            self._files.delete(info.key)

    def _tried(self, step: Callable[[], T]) -> T | None:
        """Do without the cache where its folder fails; say so once."""
        try:
            return step()
        except (HeadgateError, OSError) as err:
            if str(err) != self._problem:
                LOG.warning("cache %s cannot be used: %s", self.folder, err)
            self._problem = str(err)
            return None


def _blob_key(sha256: str) -> str:
    return f"{BLOBS}{sha256[:2]}/{sha256}"


def _manifest_key(model: str, version: str) -> str:
    return f"{VERSIONS}{model}/{version}.json"


def _head_key(model: str) -> str:
    return f"{HEADS}/{model}.json"
