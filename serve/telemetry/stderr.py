"""Standard error, written at once where that cannot block, else by a thread of its own.

Nobody waits for whoever reads the log; and as long as it is read, nobody wakes a thread for it.
"""

import os
import select
import stat
import sys
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from queue import Empty, SimpleQueue

MOST_BYTES = 8 * 1024**2
FLUSH_SECONDS = 2.0

Lines = Sequence[str]


class LineWriter:
    """Takes lines at once and writes them in order, those of one call before those of the next.

    What its reader leaves standing is held up to ``most_bytes``; lines beyond that, and those that
    cannot be written, are lost and counted: requests are answered all the same. The thread is
    started by the first lines that have to wait, and again in a process that was forked meanwhile.
    """

    def __init__(self, descriptor: int | None = None, most_bytes: int = MOST_BYTES) -> None:
        self._descriptor = descriptor
        self._most_bytes = most_bytes
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        # Whoever logs in a handler of a signal may have interrupted himself here.
        self._lock = threading.RLock()
        self._queue: SimpleQueue[Lines | threading.Event] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._n_taken = self._n_done = 0
        self._n_refused = self._n_failed = 0
        self._is_ending = False

    def write(self, lines: Lines) -> None:
        """Have whole lines written, now or soon; costs the caller some microseconds."""
        if self._pid != os.getpid():
            self._begin()
        with self._lock:
            if self._n_taken == self._n_done:
                lines = self._write_now(lines)
            if not lines:
                return
            size = sum(map(len, lines))
            if self._n_taken - self._n_done + size > self._most_bytes:
                self._n_refused += len(lines)
                return
            self._n_taken += size
            self._queue.put(lines)
            if self._thread is None:
                self._start()
        if self._is_ending:
            self._is_ending = self.flush()

    def _write_now(self, lines: Lines) -> Lines:
        """Write what surely does not block, and return the rest."""
        try:
            descriptor = _number(self._descriptor)
            mode = os.fstat(descriptor).st_mode
            if stat.S_ISREG(mode):
                _write_all(descriptor, "".join(lines).encode())
                return ()
            n_written = 0
            if stat.S_ISFIFO(mode):
                n_written = _write_to_pipe(descriptor, lines)
            return lines[n_written:]
        except OSError:
            self._n_refused += len(lines)
            return ()

    def close(self) -> None:
        """Flush; whoever writes afterwards waits, as the process may end by a signal any time."""
        self._is_ending = self.flush()

    def flush(self, seconds: float = FLUSH_SECONDS) -> bool:
        """Wait until all that was taken is written, or not longer than that; say which."""
        if self._thread is None or self._pid != os.getpid():
            return True
        done = threading.Event()
        self._queue.put(done)
        return done.wait(seconds)

    @property
    def n_lost(self) -> int:
        """How many lines this process could not write so far."""
        return self._n_refused + self._n_failed

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="log-lines", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        queue = self._queue
        while True:
            lines: list[str] = []
            item: Lines | threading.Event | None = queue.get()
            while item is not None and not isinstance(item, threading.Event):
                lines += item
                item = _next(queue)
            self._n_failed += _write(lines, self._descriptor)
            self._n_done += sum(map(len, lines))
            if item is not None:
                item.set()


@cache
def standard_error() -> LineWriter:
    """Return the one writer of this process to its standard error."""
    return LineWriter()


def _next(queue: SimpleQueue[Lines | threading.Event]) -> Lines | threading.Event | None:
    try:
        return queue.get_nowait()
    except Empty:
        return None


def _write(lines: Lines, descriptor: int | None) -> int:
    """Write lines so that those of other processes stay apart; return how many were not."""
    n_written = 0
    try:
        descriptor = _number(descriptor)
        is_pipe = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
        for part in parts(lines, select.PIPE_BUF if is_pipe else MOST_BYTES):
            _write_all(descriptor, "".join(part).encode())
            n_written += len(part)
    except OSError:
        pass
    return len(lines) - n_written


def _number(descriptor: int | None) -> int:
    if descriptor is not None:
        return descriptor
    return sys.__stderr__.fileno() if sys.__stderr__ else 2


def _write_to_pipe(descriptor: int, lines: Lines) -> int:
    """Write as long as the pipe has room, and return how many lines that was.

    The pipe is opened anew: not to block is then ours alone, and what others do with the room
    between a look and a write makes nobody wait. Up to `PIPE_BUF` bytes are written whole or not.
    """
    try:
        own = os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        # Another system than Linux: the thread may wait.
        return 0
    n_written = 0
    try:
        for part in parts(lines, select.PIPE_BUF):
            data = "".join(part).encode()
            if len(data) > select.PIPE_BUF:
                break
            os.write(own, data)
            n_written += len(part)
    except BlockingIOError:
        pass
    finally:
        os.close(own)
    return n_written


def parts(lines: Lines, most: int) -> Iterator[Lines]:
    """Yield lines together, as many as a pipe takes undivided."""
    start = size = 0
    for i, line in enumerate(lines):
        n_bytes = len(line) if line.isascii() else len(line.encode())
        if size and size + n_bytes > most:
            yield lines[start:i]
            start, size = i, 0
        size += n_bytes
    if size:
        yield lines[start:]


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:
            # Whoever shares the descriptor made it so.
            select.select([], [descriptor], [])
