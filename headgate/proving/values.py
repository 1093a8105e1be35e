"""Values of one column that a compiled form could get wrong, by kind."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from headgate.contract import (
    BooleanColumn,
    CategoryColumn,
    Column,
    ImageColumn,
    IntegerColumn,
    NumberColumn,
    TextColumn,
)
from headgate.contract.columns import INT64_MAX, INT64_MIN
from headgate.contract.domains import policy_of
from headgate.proving.pictures import pictures
from headgate.proving.texts import texts

Palette = dict[str, list[object]]
"""Values of a column by the kind of trouble they are."""

MAX_THRESHOLDS = 4000
UNSEEN = ("never seen before", "", " ", "O'Brien & Søn", "\u00e9t\u00e9")
TINY = (0.0, -0.0, 5e-324, -1e-300, 1e-45, -1e-16, 1e-7, 1.0, -1.0)
HUGE = (2.0**24 + 1, 1e16, -1e30, 3.5e38, -1e300, 1.7e308)
HUGE_WHOLE = (2**24 + 1, -(2**31), 2**53 + 1, INT64_MIN, INT64_MAX)


def palette_of(
    column: Column, seen: Sequence[object], thresholds: NDArray[np.float64], rng: Generator
) -> Palette:
    """Return trying values of a column; ``seen`` are values of it from the data, None if missing.

    The contract may refuse some of them: cleaning decides which rows are compared.
    """
    palette: Palette = {}
    if column.optional:
        palette["missing"] = [None]
    match column:
        case NumberColumn() | IntegerColumn():
            palette |= _numbers(column, seen, thresholds, rng)
        case CategoryColumn():
            unseen = () if policy_of(column) == "reject" else UNSEEN
            palette["category"] = [*column.categories, *unseen]
        case BooleanColumn():
            palette["category"] = [True, False]
        case TextColumn():
            known = [text for text in seen if isinstance(text, str)]
            palette["text"] = list[object](texts(known, column.max_length, rng))
        case ImageColumn():
            palette["image"] = list[object](pictures(rng))
    return palette


def _numbers(
    column: NumberColumn | IntegerColumn,
    seen: Sequence[object],
    thresholds: NDArray[np.float64],
    rng: Generator,
) -> Palette:
    known = np.array([value for value in seen if value is not None], dtype=np.float64)
    low, high = _range(column, known)
    near = thresholds[(thresholds >= low) & (thresholds <= high)]
    if len(near) > MAX_THRESHOLDS:
        near = rng.choice(near, MAX_THRESHOLDS, replace=False)
    kinds = {
        "threshold": around(near),
        "range": around(np.array([low, high, low - (high - low), high + (high - low)])),
        "tiny": np.array(TINY),
    }
    if isinstance(column, NumberColumn):
        palette: Palette = {kind: list(numbers.tolist()) for kind, numbers in kinds.items()}
        return palette | {"huge": list(HUGE)}
    palette = {kind: list(_whole(numbers)) for kind, numbers in kinds.items()}
    return palette | {"huge": list(HUGE_WHOLE)}


def around(thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values beside thresholds that 64 and 32 bits take to different sides.

    >>> [float(v) for v in around(np.array([0.5]))][:3]
    [0.5, 0.49999999999999994, 0.5000000000000001]
    """
    t = thresholds.astype(np.float64)
    with np.errstate(over="ignore"):
        rounded = t.astype(np.float32)
    below = np.nextafter(rounded, np.float32(-np.inf)).astype(np.float64)
    above = np.nextafter(rounded, np.float32(np.inf)).astype(np.float64)
    f = rounded.astype(np.float64)
    halves = [t / 2 + f / 2, below / 2 + f / 2, above / 2 + f / 2]
    ways = [
        *(t, np.nextafter(t, -np.inf), np.nextafter(t, np.inf)),
        *(f, below, above),
        *halves,
        *(np.nextafter(half, -np.inf) for half in halves[1:]),
        *(np.nextafter(half, np.inf) for half in halves[1:]),
    ]
    found: NDArray[np.float64] = np.column_stack(ways).ravel()
    return found[np.isfinite(found)]


def _whole(numbers: NDArray[np.float64]) -> list[int]:
    ends = [end for number in numbers.tolist() for end in (math.floor(number), math.ceil(number))]
    return sorted({end for end in ends if INT64_MIN <= end <= INT64_MAX})


def _range(column: NumberColumn | IntegerColumn, known: NDArray[np.float64]) -> tuple[float, float]:
    """Return the ends of a column: those declared, else those seen."""
    low = known.min() if column.minimum is None and len(known) else column.minimum
    high = known.max() if column.maximum is None and len(known) else column.maximum
    low = 0.0 if low is None else float(low)
    high = 0.0 if high is None else float(high)
    return (low, high) if low < high else (low, low + 1.0)
