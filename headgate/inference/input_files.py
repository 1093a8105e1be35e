"""The files of an input: which they are, and how one is opened."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from glob import has_magic
from gzip import GzipFile
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from headgate.errors import NotFoundError, UsageError
from headgate.inference.remote import list_s3, open_s3
from headgate.inference.uris import is_remote, local_path

CSV, GZIPPED, PARQUET = ".csv", ".csv.gz", ".parquet"


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file by its URI, and its size in bytes as stored."""

    uri: str
    size: int


def list_files(uri: str) -> list[InputFile]:
    """Return the CSV and Parquet files at a URI in the order of their names.

    The URI is that of a file, of a folder (with those under it) or a glob. Names that begin with
    ``_`` or ``.`` are passed over in folders and globs.

    Raises:
        NotFoundError: if there is none.
        UsageError: if a file that was named is of another kind.
    """
    found = list_s3(uri) if is_remote(uri) else list(_local(_path(uri)))
    if [name for name, _ in found] == [_plain(uri)]:
        if not is_data(uri):
            raise UsageError(f"{uri} is not read. Give .csv, .csv.gz or .parquet files.")
    else:
        found = [(name, size) for name, size in found if is_data(name) and not _hidden(name, uri)]
    if not found:
        raise NotFoundError(
            f"There is no .csv, .csv.gz or .parquet file at {uri}. Check the path of the input, "
            "as the worker sees it."
        )
    return [InputFile(name, size) for name, size in sorted(found)]


def is_data(uri: str) -> bool:
    """Say whether a file's name is that of a kind we read."""
    return uri.lower().endswith((CSV, GZIPPED, PARQUET))


def is_parquet(uri: str) -> bool:
    """Say whether a file's name is that of a Parquet file; the others are CSV."""
    return uri.lower().endswith(PARQUET)


@contextmanager
def opened(uri: str) -> Iterator[BinaryIO]:
    """Open a file for reading, unpacked; a Parquet file can be read at any position.

    Raises:
        NotFoundError: if it is not there.
    """
    with _raw(uri) as file:
        if not uri.lower().endswith(GZIPPED):
            yield file
            return
        with GzipFile(fileobj=file) as unpacked:
            yield cast(BinaryIO, unpacked)


def check_names(names: list[str], uri: str) -> list[str]:
    """Return a file's column names.

    Raises:
        UsageError: naming every name that stands there twice.
    """
    twice = sorted(name for name, n in Counter(names).items() if n > 1)
    if twice:
        raise UsageError(f"{uri} has columns of the same name: {', '.join(twice)}. Rename them.")
    return names


def unreadable(uri: str, err: Exception) -> str:
    """Return the sentence about a file that is not what its name says."""
    said = str(err).splitlines()[0].rstrip(".")[:200] if str(err) else type(err).__name__
    return f"{uri} cannot be read ({said}). Write it anew as UTF-8 CSV or Parquet."


def _raw(uri: str) -> BinaryIO:
    if is_remote(uri):
        return open_s3(uri)
    try:
        return Path(uri).open("rb")
    except OSError as err:
        raise NotFoundError(f"{uri} cannot be opened: {err.strerror}. Restore it.") from err


def _local(path: Path) -> Iterator[tuple[str, int]]:
    for file in sorted(_matching(path)):
        if file.is_file():
            yield str(file), file.stat().st_size


def _matching(path: Path) -> Iterable[Path]:
    if path.is_dir():
        return path.rglob("*")
    if path.is_file() or not has_magic(str(path)):
        return [path]
    return Path(path.anchor).glob(str(path.relative_to(path.anchor)))


def _plain(uri: str) -> str:
    return uri if is_remote(uri) else str(_path(uri))


def _path(uri: str) -> Path:
    return Path(local_path(uri)).expanduser().absolute()


def _hidden(name: str, uri: str) -> bool:
    below = PurePosixPath(name).parts[len(PurePosixPath(_plain(uri)).parts) :]
    return any(part.startswith((".", "_")) for part in (*below, PurePosixPath(name).name))
