"""Versions whose stored bytes are no longer those recorded."""

from pathlib import Path

from headgate.artifacts.files import MODEL
from headgate.documents.version import Manifest
from headgate.store import Store


def spoil(store: Store, manifest: Manifest) -> bytes:
    """Change one byte of a version's model and return what it was."""
    path = Path(store.uri(manifest.files[MODEL].key))
    data = path.read_bytes()
    path.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    return data
