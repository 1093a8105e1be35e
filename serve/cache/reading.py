"""Reads the files of one version: from the cache, else from the store and into the cache."""

from headgate.documents.base import sha256_of
from headgate.documents.version import Manifest
from headgate.store import Reader
from serve.cache.cache import Cache


class VersionReader:
    """The files that a manifest names, by their keys; ``n_bytes`` is what was read of them."""

    def __init__(self, store: Reader, cache: Cache, manifest: Manifest) -> None:
        self._store = store
        self._cache = cache
        self._sha256 = {file.key: file.sha256 for file in manifest.files.values()}
        self._sizes: dict[str, int] = {}

    @property
    def n_bytes(self) -> int:
        return sum(self._sizes.values())

    def get(self, key: str) -> bytes:
        """Return a file's bytes; what the store gives is kept only if it is what was recorded.

        Raises:
            ObjectNotFoundError: if neither has it.
        """
        sha256 = self._sha256[key]
        data = self._cache.find(sha256)
        if data is None:
            data = self._store.get(key)
            if sha256_of(data) == sha256:
                self._cache.keep(sha256, data)
        self._sizes[key] = len(data)
        return data
