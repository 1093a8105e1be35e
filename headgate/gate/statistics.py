"""The numbers behind the checks: intervals of a gain, p95, and what noise does to a ratio.

Intervals are at 90 %, two-sided. They are recorded beside the decision, which is on the point
estimate against the margin.
"""

import math
from collections.abc import Callable, Sequence
from itertools import accumulate

import numpy as np
import numpy.typing as npt

Interval = tuple[float, float]
Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]

CONFIDENCE = 0.90
RESAMPLES = 200
_Z = 1.6448536269514722  # the normal quantile at 0.95: one twentieth on either side
_TAIL = (1 - CONFIDENCE) / 2


def paired_interval(challenger_losses: Floats, champion_losses: Floats) -> Interval | None:
    """Return the interval of the mean loss the challenger saves per row, or None below two rows.

    The losses are of the same rows in the same order; normal approximation, close enough from a
    few dozen rows on.
    """
    saved = champion_losses - challenger_losses
    if len(saved) < 2 or not np.isfinite(saved).all():
        return None
    half = _Z * float(saved.std(ddof=1)) / math.sqrt(len(saved))
    return float(saved.mean()) - half, float(saved.mean()) + half


def bootstrap_interval(
    gain: Callable[[Positions], float], n_rows: int, *, resamples: int = RESAMPLES, seed: int = 0
) -> Interval | None:
    """Return the percentile bootstrap interval of a gain computed from row positions.

    Resamples without a number (an AUC of one class) are left out; None when they are over half.
    """
    if n_rows < 2:
        return None
    generator = np.random.default_rng(seed)
    drawn = (generator.integers(0, n_rows, n_rows) for _ in range(resamples))
    gains = np.array([gain(positions) for positions in drawn])
    finite = gains[np.isfinite(gains)]
    if 2 * len(finite) < resamples:
        return None
    low, high = np.quantile(finite, [_TAIL, 1 - _TAIL])
    return float(low), float(high)


def p95(values: Sequence[float]) -> float:
    """Return the 95th percentile, interpolated between neighbours."""
    return float(np.percentile(values, 95))


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return float(np.median(values))


def median_interval(values: Sequence[float]) -> Interval | None:
    """Return the interval of the median by ranks: no assumption about how the noise is spread.

    The narrowest that ranks allow at 90 % or better; None below five values, which allow none.

    >>> median_interval([1, 2, 3, 4, 5, 6, 7, 8])
    (2.0, 7.0)
    >>> median_interval([1, 2, 3, 4]) is None
    True
    """
    ordered = sorted(float(value) for value in values)
    n = len(ordered)
    outside = [math.comb(n, below) / 2**n for below in range(n + 1)]
    rank = sum(1 for total in accumulate(outside) if total <= _TAIL) - 1
    return None if rank < 0 else (ordered[rank], ordered[n - 1 - rank])
