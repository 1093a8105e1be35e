"""A manifest as the cache keeps it: with its own digest, since no other file tells it."""

from typing import Literal

from headgate.documents.base import Document, sha256_of
from headgate.documents.version import Manifest


class KeptManifest(Document):
    """A manifest and the SHA-256 of its bytes."""

    schema_version: Literal[1] = 1
    manifest: Manifest
    sha256: str

    @classmethod
    def of(cls, manifest: Manifest) -> "KeptManifest":
        return cls(manifest=manifest, sha256=sha256_of(manifest.to_bytes()))

    @property
    def is_whole(self) -> bool:
        return self.sha256 == sha256_of(self.manifest.to_bytes())
