"""One byte form of a skops archive: equal estimators give equal bytes.

skops names members and marks repeated objects by their memory addresses, and the archive carries
the time it was written. Without that a step that is repeated after a fault writes the same file.
"""

import io
import json
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

SCHEMA = "schema.json"
# Attributes that scikit-learn fills with an address, of no meaning in another process.
ADDRESSES = frozenset({"_stop_words_id"})
EPOCH = (1980, 1, 1, 0, 0, 0)


def canonical_archive(data: bytes) -> bytes:
    """Rewrite a skops archive with names and marks in the order of their use, and without times."""
    with ZipFile(io.BytesIO(data)) as archive:
        schema = json.loads(archive.read(SCHEMA))
        names = _Numbered(archive.namelist())
        renamed = names.apply(schema)
        written = io.BytesIO()
        with ZipFile(written, "w") as result:
            for old, new in names.members.items():
                _write(result, new, archive.read(old))
            _write(result, SCHEMA, json.dumps(renamed, separators=(",", ":")).encode())
    return written.getvalue()


class _Numbered:
    """Replaces addresses by numbers, the same address always by the same number."""

    def __init__(self, known: list[str]) -> None:
        self.known = set(known)
        self.members: dict[str, str] = {}
        self.marks: dict[int, int] = {}

    def apply(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self.apply(item) for item in node]
        if not isinstance(node, dict):
            return node
        return {key: self._value(key, value) for key, value in node.items()}

    def _value(self, key: str, value: Any) -> Any:
        # A user's own keys hold nodes, never a plain number or name.
        if key == "__id__" and isinstance(value, int):
            return self.marks.setdefault(value, len(self.marks) + 1)
        if key == "file" and isinstance(value, str) and value in self.known:
            ending = value.rpartition(".")[2]
            return self.members.setdefault(value, f"{len(self.members) + 1:06d}.{ending}")
        if key in ADDRESSES and isinstance(value, dict):
            return {**self.apply(value), "content": "null"}
        return self.apply(value)


def _write(archive: ZipFile, name: str, data: bytes) -> None:
    info = ZipInfo(name, EPOCH)
    info.compress_type = ZIP_DEFLATED
    info.create_system = 3
    archive.writestr(info, data)
