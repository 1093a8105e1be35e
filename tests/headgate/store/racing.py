"""A race of real processes for the same new keys."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier

from headgate.store import open_store

N_PROCESSES = 16
_start: list[Barrier] = []


@dataclass(frozen=True, slots=True)
class Round:
    """Who was told to have won one key, and whose bytes every process read afterwards."""

    winners: list[int]
    seen: set[bytes]


def race(url: str, n_rounds: int) -> list[Round]:
    """Let sixteen processes put their own bytes at the same key, round by round."""
    # Forking would copy the threads' locks of the process that runs the tests.
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(N_PROCESSES)
    with ProcessPoolExecutor(N_PROCESSES, context, start_line, (start,)) as processes:
        runs = [processes.submit(run, url, number, n_rounds) for number in range(N_PROCESSES)]
        seen = [future.result() for future in runs]
    return [
        Round(
            winners=[number for number, rounds in enumerate(seen) if rounds[index][0]],
            seen={rounds[index][1] for rounds in seen},
        )
        for index in range(n_rounds)
    ]


def start_line(barrier: Barrier) -> None:
    _start.append(barrier)


def run(url: str, number: int, n_rounds: int) -> list[tuple[bool, bytes]]:
    """Put and read back in every round; runs in a process of its own."""
    store = open_store(url)
    outcomes = []
    for index in range(n_rounds):
        _start[0].wait()
        won = store.put_if_absent(f"race/{index:04}", body_of(number))
        outcomes.append((won, store.get(f"race/{index:04}")))
    return outcomes


def body_of(number: int) -> bytes:
    return f"process {number}".encode()
