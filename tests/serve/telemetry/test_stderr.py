"""Lines of several writers stay apart."""

import select

from serve.telemetry.stderr import parts


def test_a_pipe_gets_whole_lines_in_parts_it_takes_undivided() -> None:
    lines = [f"{i} {'x' * 300}\n" for i in range(64)]

    found = list(parts(lines, select.PIPE_BUF))

    assert b"".join(found).decode() == "".join(lines)
    assert all(part.endswith(b"\n") and len(part) <= select.PIPE_BUF for part in found)
    assert len(found) <= 6


def test_a_line_longer_than_that_is_written_by_itself() -> None:
    lines = ["a\n", "b" * 10_000 + "\n", "c\n"]

    assert [len(part) for part in parts(lines, 4096)] == [2, 10_001, 2]
