"""Reading training data: a function's frame, or files at a URI."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pandas as pd

from headgate.data.files import Opener, check_names, read_csv, read_parquet
from headgate.data.remote import download, open_s3
from headgate.errors import NotFoundError, UsageError
from headgate.store.urls import shown_url

__all__ = ["MAX_HTTPS_BYTES", "Frame", "read_frame", "redact_uri"]

MAX_HTTPS_BYTES = 2 * 1024**3
CSV, PARQUET = (".csv", ".csv.gz"), (".parquet",)


@dataclass(frozen=True, slots=True)
class Frame:
    """Rows as they were read.

    ``uri`` is redacted. ``textual`` says that every cell is text as in CSV, so that the contract
    decides the types.
    """

    frame: pd.DataFrame
    uri: str
    textual: bool


def redact_uri(uri: str) -> str:
    """Return a URI as it may be stored and logged: without user, query and fragment."""
    return shown_url(uri)


def read_frame(
    source: str | Callable[..., pd.DataFrame],
    *,
    allow_https: bool = True,
    max_https_bytes: int = MAX_HTTPS_BYTES,
) -> Frame:
    """Read all rows of a source: a function, or a file, folder or glob of CSV or Parquet.

    URIs are local paths, ``file://``, ``s3://`` and, where allowed, ``https://``. The files of a
    folder are of one kind and have the same columns; they are read in the order of their names.

    Raises:
        NotFoundError: if nothing is there.
        UsageError: if what is there is no table with rows and distinct column names.
        UnreachableError: if a service does not answer.
    """
    if not isinstance(source, str):
        return _from_function(source)
    uri = redact_uri(source)
    with ExitStack() as stack:
        scheme = urlsplit(source).scheme.lower() if "://" in source else ""
        match scheme:
            case "" | "file":
                files, uri = _local_files(local_path(source))
            case "s3":
                files = open_s3(source)
            case "https" if allow_https:
                files = download(source, max_https_bytes, stack)
            case _:
                raise UsageError(_refusal(uri, scheme))
        frame, textual = _read(files, uri)
    return Frame(_with_rows(frame, uri), uri, textual)


def _refusal(uri: str, scheme: str) -> str:
    if scheme == "https":
        return f"{uri!r} is refused: https:// is read only where a spec names it. Copy the file."
    return f"{uri!r} is refused: {scheme}:// is not read. Use a path, s3:// or https://."


def _from_function(source: Callable[..., pd.DataFrame]) -> Frame:
    name = getattr(source, "__qualname__", type(source).__name__)
    uri = f"python:{getattr(source, '__module__', '?')}.{name}"
    frame = source()
    if not isinstance(frame, pd.DataFrame):
        raise UsageError(f"{uri} returned a {type(frame).__name__}. Return a pandas DataFrame.")
    check_names(frame.columns, uri)
    return Frame(_with_rows(frame, uri), uri, textual=False)


def _with_rows(frame: pd.DataFrame, uri: str) -> pd.DataFrame:
    if frame.empty:
        raise UsageError(f"{uri} has no rows. Give data with at least one row and one column.")
    return frame.reset_index(drop=True)


def local_path(source: str) -> Path:
    parts = urlsplit(source)
    if parts.scheme.lower() != "file" or "://" not in source:
        return Path(source).expanduser().absolute()
    if parts.netloc not in ("", "localhost"):
        raise UsageError(f"{redact_uri(source)!r} names a host. Write file:///folder/file.csv.")
    return Path(unquote(parts.path)).absolute()


def _local_files(path: Path) -> tuple[dict[str, Opener], str]:
    """Return the files at a path and the path's openable form."""
    if path.is_file():
        found = [path]
    elif path.is_dir():
        found = [child for child in path.iterdir() if _is_data(str(child)) and child.is_file()]
    elif has_magic(str(path)):
        matched = map(Path, glob(str(path), recursive=True))  # noqa: PTH207  an absolute pattern
        found = [child for child in matched if _is_data(str(child)) and child.is_file()]
    else:
        raise NotFoundError(f"There is no file or folder {path}. Check the path of the data.")
    return {str(child): _opener(child) for child in sorted(found)}, str(path)


def _opener(path: Path) -> Opener:
    return lambda: path.open("rb")


def _is_data(name: str) -> bool:
    file_name = name.rpartition("/")[2].lower()
    return file_name.endswith((*CSV, *PARQUET)) and not file_name.startswith((".", "_"))


def _read(files: dict[str, Opener], uri: str) -> tuple[pd.DataFrame, bool]:
    files = {name: opener for name, opener in files.items() if len(files) == 1 or _is_data(name)}
    if not files:
        raise NotFoundError(f"{uri} holds no .csv, .csv.gz or .parquet file.")
    textual = all(name.lower().endswith(CSV) for name in files)
    if not textual and not all(name.lower().endswith(PARQUET) for name in files):
        raise UsageError(
            f"{uri} is not of one kind: {', '.join(sorted(_kind(name) for name in files))}. "
            "Give .csv (or .csv.gz) or .parquet, never both."
        )
    read = read_csv if textual else read_parquet
    frames = {name: read(opener, name) for name, opener in files.items()}
    return _joined(frames), textual


def _kind(name: str) -> str:
    return "".join(Path(name).suffixes[-2:]) or f"a file without an ending ({Path(name).name})"


def _joined(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    (first_name, first), *others = frames.items()
    for name, frame in others:
        differing = sorted(set(first.columns) ^ set(frame.columns))
        if differing:
            raise UsageError(
                f"{name} and {first_name} differ in their columns: "
                f"{', '.join(map(repr, differing))}. Files read together have the same columns."
            )
    return pd.concat([first, *(frame[first.columns] for _, frame in others)], ignore_index=True)
