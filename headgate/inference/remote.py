"""Input files on S3, read as streams."""

from collections.abc import Iterator
from contextlib import contextmanager
from glob import has_magic
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, BinaryIO

import fsspec
from botocore.exceptions import BotoCoreError, ClientError

from headgate.errors import NotFoundError, UnreachableError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BUFFER_BYTES = 1024 * 1024


def list_s3(uri: str) -> list[tuple[str, int]]:
    """Return URI and size of the object at a URI, or of those in a folder or of a glob."""
    path = uri.removeprefix("s3://")
    with _explained(uri):
        files = _files_at(path)
    return [(f"s3://{name}", size) for name, size in sorted(files.items())]


def open_s3(uri: str) -> BinaryIO:
    """Open an object for reading at any position.

    Raises:
        NotFoundError: if there is none.
        UnreachableError: if the service does not answer or does not let us, now or when read.
    """
    with _explained(uri):
        file = fsspec.filesystem("s3").open(uri.removeprefix("s3://"), "rb")
    return BufferedReader(_RemoteFile(uri, file), BUFFER_BYTES)


class _RemoteFile(RawIOBase):
    """A file whose failures are the service's, not the data's."""

    def __init__(self, uri: str, file: BinaryIO) -> None:
        self._uri = uri
        self._file = file

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        target = memoryview(buffer).cast("B")
        with _explained(self._uri):
            data = self._file.read(len(target))
        target[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()


def _files_at(path: str) -> dict[str, int]:
    files = fsspec.filesystem("s3")
    # Another process may have written since this one listed.
    files.invalidate_cache()
    found = files.glob(path, detail=True) if has_magic(path) else files.find(path, detail=True)
    return {name: int(info["size"]) for name, info in found.items() if info["type"] == "file"}


@contextmanager
def _explained(uri: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as err:
        raise NotFoundError(f"There is nothing at {uri}. Check the path of the input.") from err
    except (OSError, BotoCoreError, ClientError) as err:
        # The error's own text may hold a signed address.
        raise UnreachableError(
            f"{uri} could not be read ({type(err).__name__}). Check the S3 endpoint and the "
            "worker's credentials and rights, and retry."
        ) from None
