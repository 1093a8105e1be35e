"""A store in a local folder."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from headgate.errors import ConflictError
from headgate.store import durable, walking
from headgate.store.keys import folder_prefix, validate_key, validate_prefix, validate_size
from headgate.store.port import ObjectInfo, ObjectNotFoundError, StoreFailedError

_ABSENT = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
_ATTEMPTS = 100
_ADVICE = {
    errno.ENOSPC: "Free some space there",
    errno.EDQUOT: "Free some space there or raise the quota",
    errno.EROFS: "Mount it writable or choose another store",
    errno.EACCES: "Give this user the right to it or choose another store",
    errno.EPERM: "Choose a file system with hard links, owned by this user",
}


class LocalStore:
    """Objects as files under one folder, which the first write creates.

    An object appears whole or not at all, whatever is killed when, and is on disk when the call
    returns. `unnamed_files=False` does without `O_TMPFILE`, as on file systems that lack it.
    """

    def __init__(
        self, root: Path, *, url: str | None = None, unnamed_files: bool | None = None
    ) -> None:
        self.url = url or str(root)
        self._root = root.absolute()
        possible = durable.unnamed_files_possible()
        self._unnamed_files = possible if unnamed_files is None else unnamed_files

    def get(self, key: str) -> bytes:
        data = self.find(key)
        if data is None:
            raise ObjectNotFoundError(key, self.url)
        return data

    def find(self, key: str) -> bytes | None:
        path = self._path(key)
        with self._explained("read", path):
            try:
                return path.read_bytes()
            except _ABSENT:
                return None

    def head(self, key: str) -> ObjectInfo | None:
        path = self._path(key)
        with self._explained("read", path):
            try:
                status = path.stat()
            except _ABSENT:
                return None
        if not path.is_file():
            return None
        modified_at = datetime.fromtimestamp(status.st_mtime, UTC)
        return ObjectInfo(key, status.st_size, modified_at)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        path = self._path(key)
        validate_size(key, data)
        for _ in range(_ATTEMPTS):
            if self._create(path, data):
                return True
            found = self.find(key)
            if found is not None:
                return found == data
            self._refuse_folder(path)
        raise self._removed_meanwhile(path)

    def put(self, key: str, data: bytes) -> None:
        path = self._path(key)
        validate_size(key, data)
        self._refuse_folder(path)
        for _ in range(_ATTEMPTS):
            if self._overwrite(path, data):
                return
        raise self._removed_meanwhile(path)

    def delete(self, key: str) -> None:
        path = self._path(key)
        with self._explained("delete", path), suppress(*_ABSENT):
            path.unlink()
        self._prune(path.parent)

    def names(self, prefix: str) -> list[str]:
        folder = self._root / folder_prefix(prefix)
        with self._explained("list", folder):
            return walking.children(folder)

    def list(self, prefix: str, *, start_after: str = "") -> Iterator[ObjectInfo]:
        validate_prefix(prefix)
        with self._explained("list", self._root / prefix):
            yield from walking.walk(self._root, prefix, start_after)

    def uri(self, key: str) -> str:
        return str(self._path(key))

    def sweep_temporary(self, older_than_seconds: float) -> int:
        """Remove temporary files that crashed writers left, and return how many there were.

        Younger ones may belong to a writer that is still alive and are kept.
        """
        with self._explained("sweep", self._root):
            swept = list(walking.temporary(self._root, older_than_seconds))
            for path in swept:
                path.unlink(missing_ok=True)
                self._prune(path.parent)
        return len(swept)

    def _path(self, key: str) -> Path:
        return self._root / validate_key(key)

    def _create(self, path: Path, data: bytes) -> bool:
        # Missing is the folder, if it was pruned between its making and the link.
        failures, gone = self._explained("write", path), suppress(FileNotFoundError)
        with failures, gone, self._folder(path) as folder:
            if self._unnamed_files:
                try:
                    return durable.create_unnamed(folder, path.name, data)
                except durable.UnnamedFilesMissingError:
                    self._unnamed_files = False
            return durable.create_named(folder, path.name, data)
        return False

    def _overwrite(self, path: Path, data: bytes) -> bool:
        failures, gone = self._explained("write", path), suppress(FileNotFoundError)
        with failures, gone, self._folder(path) as folder:
            durable.overwrite(folder, path.name, data)
            return True
        return False

    def _removed_meanwhile(self, path: Path) -> StoreFailedError:
        return StoreFailedError(
            f"Cannot write {path.name!r} in {path.parent}: it or its folder was removed "
            f"{_ATTEMPTS} times meanwhile. Stop what deletes there and ask again."
        )

    @contextmanager
    def _folder(self, path: Path) -> Iterator[int]:
        durable.make_folder(path.parent)
        with durable.opened_folder(path.parent) as folder:
            yield folder

    def _prune(self, folder: Path) -> None:
        with suppress(OSError):
            while folder != self._root:
                folder.rmdir()
                folder = folder.parent

    def _refuse_folder(self, path: Path) -> None:
        if path.is_dir():
            raise ConflictError(
                f"Cannot write {path.name!r} in {path.parent}: it is a folder that holds other "
                "objects. Choose another key."
            )

    @contextmanager
    def _explained(self, doing: str, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as err:
            advice = _ADVICE.get(err.errno or 0, "Check that folder and the disk under it")
            raise StoreFailedError(
                f"Cannot {doing} {path.name!r} in {path.parent}: {err.strerror}. {advice}."
            ) from err
