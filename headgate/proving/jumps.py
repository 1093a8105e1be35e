"""Where the answers of a model jump as one number moves, found by halving.

Thresholds found in an estimator are in the units of the step that compares. What a scaler or any
other step before it makes of a column, only asking tells.
"""

import time
from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from headgate.contract import NumberColumn
from headgate.proving.asking import answers_of
from headgate.proving.rows import Rows, Values
from headgate.scoring.answers import ScoringError
from headgate.scoring.rows import RowScorer

N_LINES = 256
MAX_STEPS = 80
MAX_SECONDS = 4.0
# In probabilities, or in the target's unit: far above what adjacent numbers change smoothly.
LEAST_JUMP = 1e-9
# How far beside a jump, against the size of the numbers: a thousand times what 64 bits round, and
# a hundredth of what 32 bits do.
STEPS = (1e-12, 1e-9)

Numbers = NDArray[np.float64]


def jump_rows(scorer: RowScorer, seen: Values, rng: Generator) -> Rows:
    """Return rows close beside the places where one number makes the answer jump.

    ``seen`` are rows of the data. A model that fails on them, or whose answers move smoothly,
    gives none. The rows keep off the place itself by the rounding of a scaler or a sum in 64 bits,
    and are nearer to it than 32 bits can tell.
    """
    contract = scorer.contract
    cleaned = contract.clean_columns(seen, len(next(iter(seen.values()))))
    names = [c.name for c in contract.columns if isinstance(c, NumberColumn)]
    usable = {name: _present(cleaned.values[name]) for name in names}
    names = [name for name in names if len(np.unique(usable[name])) > 1]
    if not names or not cleaned.accepted:
        return Rows({name: [] for name in contract.names}, [])
    at = rng.integers(len(cleaned.accepted), size=N_LINES).tolist()
    base = {name: [column[i] for i in at] for name, column in cleaned.values.items()}
    moved = [names[i % len(names)] for i in range(N_LINES)]
    ends = np.array([rng.choice(np.unique(usable[name]), 2, replace=False) for name in moved])
    try:
        place, jumps = _halved(_Lines(scorer, base, moved), ends[:, 0], ends[:, 1])
    except ScoringError:
        return Rows({name: [] for name in contract.names}, [])
    kept = np.flatnonzero(jumps).tolist()
    sides = _beside(place, np.abs(ends).max(axis=1))
    rows = {}
    for name, column in base.items():
        put = [_put(column, name, moved, side) for side in sides]
        rows[name] = [side[i] for side in put for i in kept]
    return Rows(rows, ["jump"] * (len(sides) * len(kept)))


def _beside(place: Numbers, size: Numbers) -> list[Numbers]:
    """Return values on both sides of places, and what 32 bits make of those, where apart."""
    offsets = [sign * step * size for step in STEPS for sign in (-1.0, 1.0)]
    near = [place + offset for offset in offsets]
    single = place.astype(np.float32).astype(np.float64)
    between = np.where(np.abs(single - place) > STEPS[0] * size, (single + place) / 2, near[0])
    return [*near, between]


class _Lines:
    """Rows of which one number each moves."""

    def __init__(self, scorer: RowScorer, base: Values, moved: Sequence[str]) -> None:
        self._scorer, self._base, self._moved = scorer, base, moved

    def answers(self, at: Numbers) -> Numbers:
        """Return the answers (n, k) with each row's moving number put to a value."""
        rows = {name: _put(column, name, self._moved, at) for name, column in self._base.items()}
        found = answers_of(self._scorer, rows, len(at))
        if found.numbers is not None:
            return found.numbers
        choice = found.choice if found.choice is not None else np.zeros(len(at))
        return choice.astype(np.float64).reshape(-1, 1)


def _halved(lines: _Lines, low: Numbers, high: Numbers) -> tuple[Numbers, NDArray[np.bool_]]:
    """Close in on where the answer of each line changes most; return where, and if it jumps.

    Where it does not jump, the place is of no interest: sums that round otherwise would differ.
    """
    at_low, at_high = lines.answers(low), lines.answers(high)
    until = time.monotonic() + MAX_SECONDS
    for _ in range(MAX_STEPS):
        middle = low / 2 + high / 2
        if time.monotonic() > until or np.all((middle == low) | (middle == high)):
            break
        at_middle = lines.answers(middle)
        goes_low = np.abs(at_middle - at_low).max(axis=1) >= np.abs(at_high - at_middle).max(axis=1)
        low, high = np.where(goes_low, low, middle), np.where(goes_low, middle, high)
        at_low = np.where(goes_low[:, None], at_low, at_middle)
        at_high = np.where(goes_low[:, None], at_middle, at_high)
    return low, np.abs(at_high - at_low).max(axis=1) > LEAST_JUMP


def _put(column: Sequence[object], name: str, moved: Sequence[str], at: Numbers) -> list[object]:
    return [
        number if name == moves else value
        for value, moves, number in zip(column, moved, at.tolist(), strict=True)
    ]


def _present(column: Sequence[object]) -> Numbers:
    return np.array([value for value in column if value is not None], dtype=np.float64)
