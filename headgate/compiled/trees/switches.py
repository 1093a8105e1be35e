"""Columns of a single threshold, as what is on or off: eight of them are looked up at once.

A one-hot column splits at a single place, so a forest on categories asks for many such columns.
Their eight answers are one byte, and the masks of all eight are worked out for each byte before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from headgate.compiled.values import Indices, Matrix

TOGETHER = 8
N_BYTES = 1 << TOGETHER
# Tables of more than this would push everything else out of the processor's cache.
MAX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Switch:
    """One such column; its rows of masks (off, on, missing) begin at ``start``."""

    column: int
    threshold: float
    start: int


@dataclass(frozen=True, slots=True)
class Switches:
    """Finds the rows of masks of all switches.

    ``starts`` are their own rows; ``bytes_at`` is where the rows of each eight begin, or None.
    """

    columns: Indices
    thresholds: Matrix
    starts: Indices
    bytes_at: Indices | None

    @classmethod
    def of(cls, switches: Sequence[Switch], table: NDArray[Any]) -> tuple[Self, NDArray[Any]]:
        """Return what finds rows in the table returned with it: ``table`` and the rows of bytes."""
        starts = np.array([one.start for one in switches], dtype=np.intp)
        parts = [starts[i : i + TOGETHER] for i in range(0, len(starts), TOGETHER)]
        n_rows = len(parts) * N_BYTES
        fits = n_rows * table.shape[1] * table.itemsize <= MAX_BYTES
        found = cls(
            columns=np.array([one.column for one in switches], dtype=np.intp),
            thresholds=np.array([one.threshold for one in switches], dtype=np.float64),
            starts=starts,
            bytes_at=len(table) + np.arange(len(parts)) * N_BYTES if fits and parts else None,
        )
        return found, np.concatenate([table, *(_by_byte(table, part) for part in parts if fits)])

    def find(self, X: Matrix) -> Indices:
        """Return rows of the table for each row of X: together they hold all switches' masks."""
        values = X.take(self.columns, axis=1)
        on, missing = values > self.thresholds, np.isnan(values)
        if self.bytes_at is not None and not missing.any():
            return np.packbits(on, axis=1) + self.bytes_at
        return np.where(missing, self.starts + 2, self.starts + on)


def _by_byte(table: NDArray[Any], starts: Indices) -> NDArray[Any]:
    """Return the masks of up to eight switches for each byte; the first is its top bit."""
    rows = np.full((N_BYTES, table.shape[1]), np.iinfo(table.dtype).max, dtype=table.dtype)
    byte = np.arange(N_BYTES)
    for place, start in enumerate(starts.tolist()):
        on = (byte >> (TOGETHER - 1 - place)) & 1
        rows &= table[start + on]
    return rows
