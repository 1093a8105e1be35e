"""Which URIs a caller may name as input or output of a batch inference."""

import re
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from headgate.errors import UsageError
from headgate.store.urls import shown_url

MAX_URI_LENGTH = 1024
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
_WILDCARD = re.compile(r"[*?\[]")
_S3 = re.compile(r"s3://[A-Za-z0-9][A-Za-z0-9._-]+(/.*)?", re.DOTALL)


def check_uri(uri: str, name: str, roots: Iterable[Path] = ()) -> str:
    """Return a caller's URI if it may be opened: a local path or ``s3://``, without credentials.

    ``name`` is the field it was given in. With ``roots``, local paths must lie in one of them.

    Raises:
        UsageError: if it may not be opened; the sentence repeats no credentials.
    """
    problem = _problem(uri, tuple(roots))
    if problem:
        raise UsageError(
            f"{name} {shown_url(uri)[:200]!r} cannot be used: {problem}. "
            "Give a path on the worker's disk or s3://bucket/key."
        )
    return uri


def check_outside(uri: str, name: str, store_url: str, *, within: bool = False) -> str:
    """Return a checked URI if it is not the store nor in it; ``within``: nor has the store in it.

    Raises:
        UsageError: if it is.
    """
    mine, store = _place(uri, unquoted=False), _place(store_url, unquoted=True)
    bases = (mine, _place(uri, unquoted=True))
    if any(_holds(store, base) or (within and _holds(base, store)) for base in bases):
        raise UsageError(
            f"{name} {uri[:200]!r} cannot be used: the store is there, which only Headgate reads "
            "and writes. Name a folder outside it."
        )
    return uri


def is_remote(uri: str) -> bool:
    """Say whether a checked URI is on S3."""
    return uri.startswith("s3://")


def local_path(uri: str) -> str:
    """Return the path or glob that a checked local URI means.

    >>> local_path("file:///data/in%20put.csv"), local_path("data/*.csv")
    ('/data/in put.csv', 'data/*.csv')
    """
    return unquote(uri.removeprefix("file://")) if uri.startswith("file://") else uri


def _place(uri: str, *, unquoted: bool) -> tuple[str, ...]:
    """Return the parts of the folder a URI names, up to its first wildcard."""
    text = unquote(uri) if unquoted else uri
    if uri.startswith("s3://"):
        parts = tuple(part for part in text.removeprefix("s3://").split("/") if part)
        return ("s3:", *_before_wildcard(parts))
    path = Path(text.removeprefix("file://localhost").removeprefix("file://")).expanduser()
    return Path(*_before_wildcard(path.parts)).resolve().parts


def _before_wildcard(parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(takewhile(lambda part: not _WILDCARD.search(part), parts))


def _holds(folder: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return other[: len(folder)] == folder


def _problem(uri: str, roots: tuple[Path, ...]) -> str | None:
    if not uri.strip() or len(uri) > MAX_URI_LENGTH or not uri.isprintable():
        return f"it is empty, over {MAX_URI_LENGTH} characters or holds unprintable characters"
    match = _SCHEME.match(uri)
    scheme = match[1] if match else "file"
    if scheme == "s3":
        return _s3_problem(uri)
    if scheme != "file":
        return f"{scheme}:// is not read from a request"
    if match and not uri.startswith("file:///"):
        return "a file URL begins with file:///"
    return _root_problem(local_path(uri), roots)


def _s3_problem(uri: str) -> str | None:
    if shown_url(uri) != uri:
        return "it holds a user name, a signature or a fragment; the worker has its own credentials"
    return None if _S3.fullmatch(uri) else "it names no bucket"


def _root_problem(path: str, roots: tuple[Path, ...]) -> str | None:
    if not roots:
        return None
    inside = any(Path(path).resolve().is_relative_to(root.resolve()) for root in roots)
    if inside and ".." not in PurePosixPath(path).parts:
        return None
    return f"local paths must lie in {' or '.join(map(str, roots))}"
