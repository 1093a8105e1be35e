"""From a URL to a store."""

import re
from pathlib import Path
from urllib.parse import unquote

from headgate.errors import UsageError
from headgate.store.local import LocalStore
from headgate.store.port import Store
from headgate.store.urls import shown_url

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]")


def open_store(url: str) -> Store:
    """Return the store at a URL; neither reads nor writes anything.

    Raises:
        UsageError: if the URL names neither a local folder nor an S3 bucket.
    """
    match = _SCHEME.match(url)
    scheme = match[1].lower() if match else ""
    if not scheme:
        return _local(url, url)
    if scheme == "file":
        return _local(_path_of(url), url)
    if scheme == "s3":
        return _s3(url)
    raise UsageError(
        f"Store URL {shown_url(url)!r} is refused: {scheme}:// is not supported until its "
        "put-if-absent is proven. Use a local folder or s3://bucket/prefix."
    )


def _local(path: str, url: str) -> Store:
    if not path or "\0" in path:
        raise UsageError(
            f"Store URL {url!r} names no folder. Use a path such as ./runtime, or "
            "s3://bucket/prefix."
        )
    return LocalStore(Path(path).expanduser(), url=url)


def _path_of(url: str) -> str:
    host, slash, path = url[len("file:") :].removeprefix("//").partition("/")
    if host not in {"", "localhost"} or not slash or not url[len("file:") :].startswith("//"):
        raise UsageError(
            f"Store URL {shown_url(url)!r} is not a local file URL. Write file:///folder."
        )
    return f"/{unquote(path)}"


def _s3(url: str) -> Store:
    shown = shown_url(url)
    if shown != url:
        raise UsageError(
            f"Store URL {shown!r} was given with a user name, query or fragment. Leave them out: "
            "credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE."
        )
    bucket, _, prefix = shown[len("s3://") :].partition("/")
    if not shown[len("s3:") :].startswith("//") or not _BUCKET.fullmatch(bucket):
        raise UsageError(f"Store URL {shown!r} names no bucket. Write s3://bucket/prefix.")
    # Here, so that a local store never waits for boto3.
    from headgate.store.s3 import S3Store

    return S3Store(bucket, prefix.removesuffix("/"))
