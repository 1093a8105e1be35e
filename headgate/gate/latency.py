"""How long one prediction takes, measured for both versions in turns."""

import gc
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from headgate.gate.evidence import LatencyBlock
from headgate.gate.statistics import p95
from headgate.scoring.rows import RowScorer

Row = Mapping[str, object]
Pair = tuple[Row, Row]

# Even, so that each version goes first in half of the blocks; eight give ranks to spare.
N_BLOCKS = 8
N_REPEATS = 3
N_WARM = 3
MAX_ROWS = 32
MIN_ROWS = 5
BUDGET_SECONDS = 8.0


def measure_latency(
    challenger: RowScorer, champion: RowScorer, rows: Sequence[Pair], *, n_blocks: int = N_BLOCKS
) -> tuple[LatencyBlock, ...]:
    """Return the p95 over single rows of both versions per block, or nothing without rows.

    ``rows`` are the same rows as each version takes them. Call by call the versions take turns,
    so that whatever else the machine does meets both; who goes first changes with each block. Of
    a row's three calls in a block the quickest counts, as a busy machine only ever adds. Slow
    models are asked for fewer rows, to end in seconds.
    """
    if not rows:
        return ()
    warm = [rows[i % len(rows)] for i in range(N_WARM)]
    pace = max(sum(_call_pair(challenger, champion, pair)) for pair in warm) / 1000
    affordable = int(BUDGET_SECONDS / (n_blocks * N_REPEATS * pace))
    asked = rows[: max(MIN_ROWS, min(MAX_ROWS, affordable))]
    with _collector_off():
        return tuple(
            _block(challenger, champion, asked, swapped=number % 2 == 1)
            for number in range(n_blocks)
        )


def _block(
    challenger: RowScorer, champion: RowScorer, rows: Sequence[Pair], *, swapped: bool
) -> LatencyBlock:
    gc.collect()
    quickest = [_quickest(challenger, champion, pair, swapped=swapped) for pair in rows]
    return LatencyBlock(
        challenger_ms=p95([new for new, _ in quickest]),
        champion_ms=p95([old for _, old in quickest]),
    )


def _quickest(
    challenger: RowScorer, champion: RowScorer, pair: Pair, *, swapped: bool
) -> tuple[float, float]:
    timed = [_call_pair(challenger, champion, pair, swapped=swapped) for _ in range(N_REPEATS)]
    return min(new for new, _ in timed), min(old for _, old in timed)


def _call_pair(
    challenger: RowScorer, champion: RowScorer, pair: Pair, *, swapped: bool = False
) -> tuple[float, float]:
    """Return the milliseconds of one call of each version."""
    new, old = pair
    if swapped:
        before = _milliseconds(champion, old)
        return _milliseconds(challenger, new), before
    return _milliseconds(challenger, new), _milliseconds(champion, old)


def _milliseconds(scorer: RowScorer, row: Row) -> float:
    start = time.perf_counter_ns()
    scorer.score([row])
    return (time.perf_counter_ns() - start) / 1e6


@contextmanager
def _collector_off() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
