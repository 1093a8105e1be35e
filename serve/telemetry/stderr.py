"""Standard error, written a batch of lines at a time."""

import os
import select
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress


def write_lines(lines: Sequence[str]) -> None:
    """Write whole lines at once, so that those of other workers and threads stay apart.

    A log that cannot be written is lost; requests are answered all the same.
    """
    with suppress(OSError):
        descriptor = sys.__stderr__.fileno() if sys.__stderr__ else 2
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            for part in parts(lines, select.PIPE_BUF):
                os.write(descriptor, part)
        else:
            os.write(descriptor, "".join(lines).encode())


def parts(lines: Sequence[str], most: int) -> Iterator[bytes]:
    """Yield lines together, as many as a pipe takes undivided."""
    part = b""
    for line in lines:
        data = line.encode()
        if part and len(part) + len(data) > most:
            yield part
            part = b""
        part += data
    if part:
        yield part
