"""Compressed bodies, opened no further than the limit."""

import zlib

from headgate.errors import FieldError
from serve.errors import BodyTooLargeError, MalformedBodyError, MediaTypeError

# zlib's own numbers: the least significant bits are the window, 16 more means gzip's header.
WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


def check_encoding(declared: str) -> str | None:
    """Return the compression of a body by its ``Content-Encoding``, or None.

    Raises:
        MediaTypeError: if it is one this server does not open.
    """
    encoding = declared.strip().lower()
    if encoding in {"", "identity"}:
        return None
    if encoding not in WINDOWS:
        raise MediaTypeError(
            f"Content-Encoding {encoding[:40]!r} is not taken. Send the body uncompressed, or "
            "with gzip."
        )
    return encoding


def inflate(data: bytes, encoding: str, limit: int) -> bytes:
    """Return the opened body; of what is over ``limit`` bytes nothing is kept.

    Raises:
        BodyTooLargeError: if it opens to more than the limit.
        MalformedBodyError: if it is not what its header says, or cut off.
    """
    stream = zlib.decompressobj(WINDOWS[encoding])
    try:
        opened = stream.decompress(data, limit + 1)
    except zlib.error as err:
        raise _damaged(encoding) from err
    if len(opened) > limit:
        raise BodyTooLargeError(limit)
    if not stream.eof or stream.unused_data:
        raise _damaged(encoding)
    return opened


def _damaged(encoding: str) -> MalformedBodyError:
    return MalformedBodyError(
        f"The body is not whole {encoding}, as its Content-Encoding says. Compress it again, or "
        "send it uncompressed.",
        [FieldError("body", f"is not {encoding}")],
    )
