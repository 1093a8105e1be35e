"""No two predictions have the same id."""

import os

from serve.answering.prediction_ids import Suffixes, next_suffix
from serve.live import parse_prediction_id


def test_ids_of_one_process_differ_and_go_on_past_four_digits() -> None:
    suffixes = Suffixes()

    drawn = [suffixes.next() for _ in range(70_000)]

    assert len(set(drawn)) == len(drawn)
    assert all(len(suffix) >= 16 for suffix in drawn)
    assert all(set(suffix) <= set("0123456789abcdef") for suffix in drawn)


def test_two_processes_have_different_ones() -> None:
    assert Suffixes().next() != Suffixes().next()


def test_a_forked_process_has_its_own() -> None:
    read, write = os.pipe()
    before = next_suffix()
    child = os.fork()
    if child == 0:
        os.write(write, next_suffix().encode())
        os._exit(0)
    os.waitpid(child, 0)

    theirs = os.read(read, 100).decode()

    os.close(read)
    os.close(write)
    assert theirs[:12] != before[:12]


def test_an_id_can_be_traced() -> None:
    origin = parse_prediction_id(f"iris-v0007-12-{next_suffix()}")

    assert origin is not None
    assert (origin.model, origin.version, origin.seq) == ("iris", "v0007", 12)
