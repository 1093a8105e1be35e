"""Training data from elsewhere: S3 through the store's client, https with a size limit."""

import io
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatchcase
from glob import has_magic
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import httpx

from headgate.data.files import Opener
from headgate.errors import NotFoundError, UnreachableError, UsageError
from headgate.store import Store, open_store
from headgate.store.urls import shown_url

TIMEOUT_SECONDS = 30.0
MAX_REDIRECTS = 5


def open_s3(uri: str) -> dict[str, Opener]:
    """Return the objects at an ``s3://`` URI: one, those directly in a folder, or a glob's.

    Credentials come from the standard AWS chain; a ``*`` stays within one folder.

    Raises:
        NotFoundError: if there is none.
        UsageError: if the URI holds credentials or names no bucket.
        UnreachableError: if the service does not answer.
    """
    if shown_url(uri) != uri:
        raise UsageError(
            f"{shown_url(uri)!r} was given with a user name, a query or a '?'. Leave them out: "
            "credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE."
        )
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    store = open_store(f"s3://{bucket}")
    keys = _matching(store, key)
    if not keys:
        raise NotFoundError(f"There is nothing at {uri}. Check the path of the data.")
    return {store.uri(key): _s3_opener(store, key) for key in keys}


def _matching(store: Store, key: str) -> list[str]:
    if has_magic(key):
        before = key[: min(key.index(mark) for mark in "*[" if mark in key)]
        folder = before[: before.rfind("/") + 1]
        return [info.key for info in store.list(folder) if _fits(info.key, key)]
    if key and not key.endswith("/") and store.head(key) is not None:
        return [key]
    folder = f"{key.rstrip('/')}/" if key.strip("/") else ""
    return [info.key for info in store.list(folder) if "/" not in info.key[len(folder) :]]


def _fits(key: str, pattern: str) -> bool:
    names, patterns = PurePosixPath(key).parts, PurePosixPath(pattern).parts
    return len(names) == len(patterns) and all(map(fnmatchcase, names, patterns))


def _s3_opener(store: Store, key: str) -> Opener:
    return lambda: io.BytesIO(store.get(key))


def download(uri: str, max_bytes: int, stack: ExitStack) -> dict[str, Opener]:
    """Fetch an ``https://`` file of at most ``max_bytes`` to a folder that ``stack`` removes.

    Raises:
        NotFoundError: if the server has no such file.
        UsageError: if it is larger, or the server leads to another scheme or refuses.
        UnreachableError: if the server does not answer.
    """
    shown = shown_url(uri)
    path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="headgate-"))) / "data"
    try:
        with path.open("wb") as file, _answer(uri) as answer:
            _check_answer(answer, shown)
            size = 0
            for chunk in answer.iter_bytes():
                size += len(chunk)
                if size > max_bytes:
                    raise UsageError(
                        f"{shown} is larger than {max_bytes} bytes, the limit for https. "
                        "Copy it to the store's bucket and name it there."
                    )
                file.write(chunk)
    except (httpx.HTTPError, httpx.InvalidURL) as err:
        # The error's own text may repeat the whole URL.
        raise UnreachableError(
            f"{shown} could not be fetched ({type(err).__name__}). Check the address and retry."
        ) from None
    return {shown: lambda: path.open("rb")}


@contextmanager
def _answer(uri: str) -> Iterator[httpx.Response]:
    """Follow redirects by hand, and only to https."""
    with httpx.Client(timeout=TIMEOUT_SECONDS) as client:
        for _ in range(MAX_REDIRECTS + 1):
            with client.stream("GET", uri) as answer:
                if answer.next_request is None:
                    yield answer
                    return
                uri = str(answer.next_request.url)
            if urlsplit(uri).scheme != "https":
                raise UsageError(f"{shown_url(uri)} is where the server leads; it is not https.")
    raise UsageError(f"{shown_url(uri)} redirects more than {MAX_REDIRECTS} times. Name the file.")


def _check_answer(answer: httpx.Response, shown: str) -> None:
    if answer.status_code in (404, 410):
        raise NotFoundError(f"There is nothing at {shown} (HTTP {answer.status_code}).")
    if answer.status_code >= 500:
        raise UnreachableError(f"{shown} answered HTTP {answer.status_code}. Try again later.")
    if answer.status_code != 200:
        raise UsageError(
            f"{shown} answered HTTP {answer.status_code}. Check the address and its access."
        )
