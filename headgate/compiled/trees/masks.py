"""Small trees without walking: the value of each column rules out leaves, one is left.

For each column and each interval between its thresholds a row of bit masks, one per tree, says
which leaves are still possible. The masks of all columns together leave a single bit per tree.
The idea is that of QuickScorer (Lucchese et al., SIGIR 2015), here exact to the last bit of a
threshold, since nothing is rounded: an interval is found by comparing the numbers themselves.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from headgate.compiled.trees.forest import N_CATEGORIES, Forest, as_category
from headgate.compiled.values import Indices, Matrix

Masks = NDArray[Any]

# For each size of mask in bits: a prime that leaves another remainder for every power of two.
PRIMES = {8: 11, 16: 19, 32: 37, 64: 67}
MAX_TABLE_BYTES = 64 * 1024 * 1024
# What the processor's cache holds of one chunk of rows.
CHUNK_BYTES = 4 * 1024 * 1024
# Up to here one value after the other is quicker than numpy's calls by column.
FEW_ROWS = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """A column the trees ask for: where its rows of masks begin, and how a value finds its own.

    After the rows for intervals (or category codes) comes the one for a missing value.
    """

    column: int
    start: int
    thresholds: Matrix | None

    @property
    def n_rows(self) -> int:
        return 1 + (N_CATEGORIES if self.thresholds is None else len(self.thresholds) + 1)

    @property
    def is_single(self) -> bool:
        """Say whether there is but one threshold, as for what is on or off."""
        return self.thresholds is not None and len(self.thresholds) == 1

    def find(self, values: Matrix) -> Indices:
        missing = self.start + self.n_rows - 1
        if self.thresholds is None:
            codes = as_category(values)
            return np.where(codes < 0, missing, self.start + codes)
        found = self.start + np.searchsorted(self.thresholds, values, side="left")
        found[np.isnan(values)] = missing
        return found

    def find_one(self) -> Callable[[float], int]:
        """Return the same for a single value, without numpy's fixed cost."""
        start, missing = self.start, self.start + self.n_rows - 1
        if self.thresholds is None:
            return lambda v: start + int(v) if 0 <= v < N_CATEGORIES else missing
        find = partial(bisect_left, self.thresholds.tolist())
        return lambda v: start + find(v) if v == v else missing


@dataclass(frozen=True, slots=True)
class Single:
    """The asked columns of a single threshold, all found in one go."""

    places: Indices
    columns: Indices
    thresholds: Matrix
    starts: Indices

    @classmethod
    def of(cls, asked: Sequence[Asked]) -> Self:
        own = [(i, one) for i, one in enumerate(asked) if one.is_single]
        thresholds = [one.thresholds[0] for _, one in own if one.thresholds is not None]
        return cls(
            places=np.array([i for i, _ in own], dtype=np.intp),
            columns=np.array([one.column for _, one in own], dtype=np.intp),
            thresholds=np.array(thresholds, dtype=np.float64),
            starts=np.array([one.start for _, one in own], dtype=np.intp),
        )

    def find(self, X: Matrix, found: Indices) -> None:
        """Write the rows of masks of these columns to their places in ``found``."""
        if len(self.places) == 0:
            return
        values = X[:, self.columns]
        at = self.starts + (values > self.thresholds)
        missing = np.isnan(values)
        found[:, self.places] = np.where(missing, self.starts + 2, at)


@dataclass(frozen=True, slots=True)
class LeafMasks:
    """Trees of at most 64 leaves. ``table`` is (rows of masks, trees)."""

    asked: tuple[Asked, ...]
    table: Masks
    leaves: Indices
    tree_starts: Indices
    prime: int
    single: Single
    several: tuple[tuple[int, Asked, Callable[[float], int]], ...]

    @classmethod
    def of(cls, forest: Forest) -> Self | None:
        """Return the masks of a forest, None if its trees or the table are too large."""
        first_leaf, most = forest.first_leaves, int(forest.n_leaves.max())
        if most > max(PRIMES):
            return None
        bits = next(size for size in PRIMES if most <= size)
        asked = _asked(forest)
        n_rows = sum(one.n_rows for one in asked)
        if n_rows * len(forest.roots) * bits // 8 > MAX_TABLE_BYTES:
            return None
        prime, n_trees = PRIMES[bits], len(forest.roots)
        leaves = np.zeros((n_trees, prime), dtype=np.intp)
        for bit in range(bits):
            leaves[:, (1 << bit) % prime] = first_leaf + bit
        return cls(
            asked=asked,
            table=_table(forest, asked, np.dtype(f"u{bits // 8}"), first_leaf),
            leaves=leaves.ravel(),
            tree_starts=np.arange(n_trees) * prime,
            prime=prime,
            single=Single.of(asked),
            several=tuple(
                (i, one, one.find_one()) for i, one in enumerate(asked) if not one.is_single
            ),
        )

    def find(self, X: Matrix) -> Indices:
        if not self.asked:
            return np.tile(self.leaves[self.tree_starts + 1], (len(X), 1))
        at = self._rows(X)
        per_row = max(at.shape[1] * self.table.shape[1] * self.table.itemsize, 1)
        step = max(CHUNK_BYTES // per_row, 1)
        if len(X) <= step:
            return self._leaves(at)
        chunks = [self._leaves(at[i : i + step]) for i in range(0, len(X), step)]
        return np.concatenate(chunks)

    def _rows(self, X: Matrix) -> Indices:
        """Return the rows of masks for each row of X, (n, asked columns)."""
        found = np.empty((len(X), len(self.asked)), dtype=np.intp)
        self.single.find(X, found)
        if len(X) <= FEW_ROWS:
            for row, values in enumerate(X.tolist()):
                own = found[row]
                for i, one, find in self.several:
                    own[i] = find(values[one.column])
            return found
        for i, one, _ in self.several:
            found[:, i] = one.find(X[:, one.column])
        return found

    def _leaves(self, at: Indices) -> Indices:
        left_over = np.bitwise_and.reduce(self.table[at], axis=1)
        places = (left_over % self.prime).astype(np.intp)
        places += self.tree_starts
        found: Indices = self.leaves[places]
        return found


def _asked(forest: Forest) -> tuple[Asked, ...]:
    inner = forest.leaf < 0
    by_category = set(forest.column[inner & (forest.category >= 0)].tolist())
    asked: list[Asked] = []
    start = 0
    for column in np.unique(forest.column[inner]).tolist():
        own = forest.threshold[inner & (forest.column == column)]
        asked.append(Asked(column, start, None if column in by_category else np.unique(own)))
        start += asked[-1].n_rows
    return tuple(asked)


def _table(
    forest: Forest, asked: tuple[Asked, ...], dtype: np.dtype[Any], first_leaf: Indices
) -> Masks:
    below = _leaves_below(forest, dtype, first_leaf)
    n_rows = sum(one.n_rows for one in asked)
    table = np.full((len(forest.roots), n_rows), np.iinfo(dtype).max, dtype=dtype)
    of_column = {one.column: one for one in asked}
    for tree, (root, end) in enumerate(zip(forest.roots, forest.ends, strict=True)):
        own = table[tree]
        # Only what the tree has: a single leaf is left where nothing is asked.
        own &= below[root]
        for node in range(root, end):
            if forest.leaf[node] < 0:
                _rule_out(own, forest, node, of_column[int(forest.column[node])], below)
    return np.ascontiguousarray(table.T)


def _rule_out(own: Masks, forest: Forest, node: int, asked: Asked, below: Masks) -> None:
    to_left, to_right = ~below[forest.right[node]], ~below[forest.left[node]]
    rows = own[asked.start : asked.start + asked.n_rows]
    rows[-1] &= to_left if forest.missing_left[node] else to_right
    if asked.thresholds is None:
        rows[:-1] &= np.where(forest.goes_left[forest.category[node]], to_left, to_right)
        return
    interval = int(np.searchsorted(asked.thresholds, forest.threshold[node]))
    rows[: interval + 1] &= to_left
    rows[interval + 1 : -1] &= to_right


def _leaves_below(forest: Forest, dtype: np.dtype[Any], first_leaf: Indices) -> Masks:
    """Return the leaves below each node as bits of its own tree."""
    tree_of = np.repeat(np.arange(len(forest.roots)), forest.ends - forest.roots)
    is_leaf = forest.leaf >= 0
    bit = np.where(is_leaf, forest.leaf - first_leaf[tree_of], 0).astype(np.uint64)
    below = np.where(is_leaf, np.uint64(1) << bit, np.uint64(0)).astype(dtype)
    for node in np.flatnonzero(~is_leaf)[::-1].tolist():
        below[node] = below[forest.left[node]] | below[forest.right[node]]
    return below
