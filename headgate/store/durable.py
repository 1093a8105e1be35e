"""Files that appear whole or not at all, and are on disk before the call returns."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from headgate.store.keys import TEMPORARY_PREFIX

# What kernels and file systems without unnamed temporary files answer; EXDEV and EPERM come from
# the link, where /proc is another than ours.
_NO_UNNAMED_FILES = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.EXDEV, errno.EPERM}


class UnnamedFilesMissingError(Exception):
    """The file system or the kernel has no unnamed temporary files."""


def unnamed_files_possible() -> bool:
    """Tell whether the platform may have unnamed temporary files; the file system may not."""
    return hasattr(os, "O_TMPFILE") and Path("/proc/self/fd").is_dir()


def make_folder(folder: Path) -> None:
    """Create a folder and its parents, each entry on disk before the next is made."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir()
    with opened_folder(folder.parent) as parent:
        sync_folder(parent)


@contextmanager
def opened_folder(folder: Path) -> Iterator[int]:
    """Hold a folder open by its descriptor, which stays valid though the folder is removed."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def sync_folder(folder: int) -> None:
    """Bring a folder's entries to disk, where its file system has a way to."""
    try:
        os.fsync(folder)
    except OSError as err:
        if err.errno != errno.EINVAL:
            raise


def create_unnamed(folder: int, name: str, data: bytes) -> bool:
    """Create a file by linking an unnamed one; return False when the name is taken.

    A crash leaves no litter.

    Raises:
        UnnamedFilesMissingError: if this has to be done by `create_named`.
    """
    try:
        descriptor = os.open(".", os.O_TMPFILE | os.O_WRONLY, 0o666, dir_fd=folder)
        with os.fdopen(descriptor, "wb") as file:
            _write(file.fileno(), data)
            # Only with a folder descriptor does Python call linkat with AT_SYMLINK_FOLLOW, without
            # which the link would be to the entry in /proc.
            return _link(f"/proc/self/fd/{file.fileno()}", folder, name)
    except OSError as err:
        if err.errno in _NO_UNNAMED_FILES:
            raise UnnamedFilesMissingError from err
        raise


def create_named(folder: int, name: str, data: bytes) -> bool:
    """Create a file by linking a temporary one; return False when the name is taken.

    A crash may leave the temporary file, which only a sweep removes.
    """
    with _temporary(folder, data) as temporary:
        return _link(temporary, folder, name)


def overwrite(folder: int, name: str, data: bytes) -> None:
    """Create or replace a file in one step."""
    with _temporary(folder, data) as temporary:
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        sync_folder(folder)


@contextmanager
def _temporary(folder: int, data: bytes) -> Iterator[str]:
    name = f"{TEMPORARY_PREFIX}{secrets.token_hex(12)}"
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _write(file.fileno(), data)
        yield name
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.fsync(descriptor)


def _link(source: str, folder: int, name: str) -> bool:
    try:
        os.link(source, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=True)
    except FileExistsError:
        created = False
    else:
        created = True
    # Also when the name was taken: its writer may not have come this far.
    sync_folder(folder)
    return created
