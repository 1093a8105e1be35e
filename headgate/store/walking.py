"""Walk a folder in the order in which S3 lists keys."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from headgate.store.keys import TEMPORARY_PREFIX
from headgate.store.port import ObjectInfo


def walk(root: Path, prefix: str, start_after: str) -> Iterator[ObjectInfo]:
    """Yield every file whose key starts with the prefix and sorts after `start_after`."""
    parent, _, _ = prefix.rpartition("/")
    base = f"{parent}/" if parent else ""
    for entry in _sorted_entries(root / base):
        key = f"{base}{_sort_key(entry)}"
        if key.startswith(prefix):
            yield from _walk_entry(entry, key, start_after)


def children(folder: Path) -> list[str]:
    """Return the sorted names of the files, and of the folders that hold any, in a folder."""
    return sorted(entry.name for entry in _entries(folder) if _holds_file(entry))


def temporary(folder: Path, older_than_seconds: float) -> Iterator[Path]:
    """Yield the temporary files that were last written so long ago."""
    limit = time.time() - older_than_seconds
    for entry in _scan(folder):
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from temporary(path, older_than_seconds)
        elif entry.name.startswith(TEMPORARY_PREFIX) and _modified(entry) <= limit:
            yield path


def _walk_entry(entry: os.DirEntry[str], key: str, start_after: str) -> Iterator[ObjectInfo]:
    if not entry.is_dir():
        info = _info(entry, key) if key > start_after else None
        if info:
            yield info
    elif key > start_after or start_after.startswith(key):
        for child in _sorted_entries(Path(entry.path)):
            yield from _walk_entry(child, f"{key}{_sort_key(child)}", start_after)


def _sort_key(entry: os.DirEntry[str]) -> str:
    # "a-b" sorts before "a/x", and that before "a0": a folder takes its place with its slash.
    return f"{entry.name}/" if entry.is_dir() else entry.name


def _sorted_entries(folder: Path) -> list[os.DirEntry[str]]:
    return sorted(_entries(folder), key=_sort_key)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    return (entry for entry in _scan(folder) if not entry.name.startswith(TEMPORARY_PREFIX))


def _scan(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _holds_file(entry: os.DirEntry[str]) -> bool:
    # Empty folders are what a crash or a deletion leaves; S3 has none.
    if not entry.is_dir():
        return True
    return any(_holds_file(child) for child in _entries(Path(entry.path)))


def _info(entry: os.DirEntry[str], key: str) -> ObjectInfo | None:
    try:
        status = entry.stat()
    except FileNotFoundError:
        return None
    return ObjectInfo(key, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))


def _modified(entry: os.DirEntry[str]) -> float:
    try:
        return entry.stat(follow_symlinks=False).st_mtime
    except FileNotFoundError:
        return time.time()
