"""A log that nobody reads holds up nobody; one that is read gets every line, in order and whole."""

import os
import select
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from serve.telemetry.stderr import LineWriter, parts

Pipe = tuple[int, int]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """The end to read from and the end to write to; the writer's thread ends with the test's."""
    reading, writing = os.pipe()
    yield reading, writing
    for end in (reading, writing):
        os.close(end)


def numbered(n_lines: int, first: int = 0) -> list[str]:
    return [f"{first + i:06} {'x' * 400}\n" for i in range(n_lines)]


def read(reading: int, n_bytes: int) -> str:
    said = b""
    while len(said) < n_bytes:
        said += os.read(reading, 65536)
    return said.decode()


def test_every_line_arrives_in_order(pipe: Pipe) -> None:
    reading, writing = pipe
    writer = LineWriter(writing)
    batches = [numbered(100, first) for first in range(0, 5000, 100)]

    for batch in batches:
        writer.write(batch)
    whole = "".join(line for batch in batches for line in batch)

    assert read(reading, len(whole)) == whole
    assert writer.flush()
    assert writer.n_lost == 0


def test_a_reader_that_stalls_holds_up_nobody_and_what_is_too_much_is_counted(pipe: Pipe) -> None:
    reading, writing = pipe
    writer = LineWriter(writing, most_bytes=100_000)
    batches = [numbered(10, first) for first in range(0, 2000, 10)]

    started = time.monotonic()
    for batch in batches:
        writer.write(batch)
    seconds = time.monotonic() - started
    n_lost = writer.n_lost

    assert seconds < 1
    assert 0 < n_lost < 2000
    assert not writer.flush(0.05)
    # What was taken before is still written when somebody reads again, from the first on.
    kept = read(reading, (2000 - n_lost) * len(batches[0][0])).splitlines(keepends=True)
    assert kept == numbered(2000)[: len(kept)]
    assert writer.flush()


def test_whoever_reads_again_gets_what_is_logged_from_then_on(pipe: Pipe) -> None:
    reading, writing = pipe
    writer = LineWriter(writing, most_bytes=1000)
    line = "x" * 599 + "\n"
    for _ in range(1000):
        writer.write([line])
    n_lost = writer.n_lost
    read(reading, (1000 - n_lost) * len(line))
    assert writer.flush()

    writer.write(["after\n"])

    assert read(reading, 6) == "after\n"
    assert writer.n_lost == n_lost


def test_what_cannot_be_written_is_lost_and_counted() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    writer = LineWriter(writing)

    writer.write(numbered(3))

    assert writer.flush()
    os.close(writing)
    assert writer.n_lost == 3


def test_a_descriptor_that_does_not_block_gets_every_line_too(pipe: Pipe) -> None:
    reading, writing = pipe
    os.set_blocking(writing, False)
    writer = LineWriter(writing)
    lines = numbered(1000)

    writer.write(lines)

    assert read(reading, len("".join(lines))) == "".join(lines)


def test_after_the_end_every_line_is_waited_for(pipe: Pipe) -> None:
    reading, writing = pipe
    os.set_blocking(reading, False)
    writer = LineWriter(writing)
    writer.write(["first\n"])

    writer.close()
    writer.write(["last\n"])

    assert os.read(reading, 100) == b"first\nlast\n"


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_writes_its_own_lines_and_none_of_its_parents(pipe: Pipe) -> None:
    reading, writing = pipe
    writer = LineWriter(writing)
    writer.write(["parent\n"])
    assert writer.flush()

    child = os.fork()
    if child == 0:
        writer.write(["child\n"])
        os._exit(0 if writer.flush() else 1)
    _, status = os.waitpid(child, 0)

    assert status == 0
    assert read(reading, 13) == "parent\nchild\n"


def test_one_thread_is_started_and_only_when_lines_have_to_wait(pipe: Pipe) -> None:
    reading, writing = pipe
    before = threading.active_count()
    writer = LineWriter(writing)
    writer.write(["a line\n"])
    assert writer.flush()
    assert threading.active_count() == before

    for _ in range(10):
        writer.write(numbered(100))

    assert threading.active_count() == before + 1
    assert not writer.flush(0.05)
    # Else the thread would go on in whatever gets the descriptor's number next.
    read(reading, len("a line\n") + 10 * len("".join(numbered(100))))
    assert writer.flush()


def test_a_file_is_written_at_once(tmp_path: Path) -> None:
    before = threading.active_count()
    with (tmp_path / "log").open("wb") as file:
        writer = LineWriter(file.fileno())
        for first in range(0, 500, 100):
            writer.write(numbered(100, first))

    assert (tmp_path / "log").read_text() == "".join(numbered(500))
    assert threading.active_count() == before


def test_a_long_line_among_short_ones_keeps_its_place(pipe: Pipe) -> None:
    reading, writing = pipe
    writer = LineWriter(writing)
    lines = ["a\n", "b" * 10_000 + "\n", "c\n"]

    writer.write(lines)
    writer.write(["d\n"])

    assert read(reading, 10_007) == "".join([*lines, "d\n"])
    assert writer.flush()


def test_a_pipe_gets_whole_lines_in_parts_it_takes_undivided() -> None:
    lines = [f"{i} {'x' * 300}\n" for i in range(64)]

    found = ["".join(part) for part in parts(lines, select.PIPE_BUF)]

    assert "".join(found) == "".join(lines)
    assert all(part.endswith("\n") and len(part) <= select.PIPE_BUF for part in found)
    assert len(found) <= 6


def test_a_line_longer_than_that_is_written_by_itself() -> None:
    lines = ["a\n", "b" * 10_000 + "\n", "c\n"]

    assert [len("".join(part)) for part in parts(lines, 4096)] == [2, 10_001, 2]


def test_parts_are_measured_in_bytes() -> None:
    lines = ["\u00fc" * 1500 + "\n", "a" * 1500 + "\n"]

    assert len(list(parts(lines, 4096))) == 2
