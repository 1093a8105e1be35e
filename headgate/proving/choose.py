"""Which engine serves: measured, the speed of one row and of few counting most."""

import gc
import math
import time
from collections.abc import Callable, Mapping

from headgate.documents.proof import SCIKIT_LEARN, Timings
from headgate.proving.asking import Values
from headgate.scoring.rows import RowScorer

# Rows a call, and how much the speed at it counts: online answers come first.
WEIGHTS = {1: 0.45, 32: 0.45, 1000: 0.10}
SECONDS = 0.6
MIN_ROUNDS, MAX_ROUNDS = 3, 40

Clock = Callable[[], float]


def measure(
    scorers: Mapping[str, RowScorer],
    values: Values,
    n_rows: int,
    *,
    seconds: float = SECONDS,
    clock: Clock = time.perf_counter,
) -> dict[str, Timings]:
    """Return the microseconds of a call by engine and by rows a call.

    ``values`` are clean rows, repeated where there are too few. The engines take turns, so that
    whatever else the machine does meets them all, and the quickest of their calls counts, as a
    busy machine only ever adds.
    """
    sizes = {size: _first(values, n_rows, size) for size in WEIGHTS}
    quickest = {name: dict.fromkeys(WEIGHTS, math.inf) for name in scorers}
    until = clock() + seconds
    was_on = gc.isenabled()
    gc.disable()
    try:
        for number in range(MAX_ROUNDS):
            if number >= MIN_ROUNDS and clock() > until:
                break
            for size, rows in sizes.items():
                for name, scorer in scorers.items():
                    started = clock()
                    scorer.outputs(rows, size)
                    spent = 1e6 * (clock() - started)
                    quickest[name][size] = min(quickest[name][size], spent)
    finally:
        if was_on:
            gc.enable()
    return {name: {size: round(t, 2) for size, t in by.items()} for name, by in quickest.items()}


def choose_engine(timings: Mapping[str, Timings]) -> tuple[str, str | None]:
    """Return the fastest engine, and why where it is scikit-learn all the same.

    >>> quick, slow = {1: 10.0, 32: 20.0, 1000: 900.0}, {1: 1e3, 32: 2e3, 1000: 3e3}
    >>> choose_engine({"plan": quick, "scikit-learn": slow})
    ('plan', None)
    """
    means = {name: weighted_mean(by) for name, by in timings.items()}
    best = min(means, key=lambda name: (means[name], name == SCIKIT_LEARN))
    if best != SCIKIT_LEARN:
        return best, None
    others = ", ".join(
        f"{name} takes {mean / means[best]:.2g} times as long"
        for name, mean in means.items()
        if name != SCIKIT_LEARN
    )
    return best, f"proven, but slower than scikit-learn: {others}"


def weighted_mean(by: Timings) -> float:
    """Return the geometric mean of the times by batch size, online sizes first.

    >>> round(weighted_mean({1: 100.0, 32: 100.0, 1000: 100.0}), 6)
    100.0
    """
    return math.exp(sum(weight * math.log(by[size]) for size, weight in WEIGHTS.items()))


def _first(values: Values, n_rows: int, size: int) -> dict[str, list[object]]:
    at = [i % n_rows for i in range(size)]
    return {name: [column[i] for i in at] for name, column in values.items()}
