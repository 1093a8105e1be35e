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
from headgate.compiled.trees.switches import Switch, Switches
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

    def as_switch(self) -> Switch | None:
        """Return the column as what is on or off, if there is but one threshold."""
        if self.thresholds is None or len(self.thresholds) != 1:
            return None
        return Switch(self.column, float(self.thresholds[0]), self.start)

    def find(self) -> Callable[[Matrix], Indices]:
        """Return the function from values to rows, counted from ``start``."""
        missing = self.n_rows - 1
        if self.thresholds is None:

            def by_category(values: Matrix) -> Indices:
                codes = as_category(values)
                return np.where(codes < 0, missing, codes)

            return by_category
        # NaN sorts behind infinity: with that as a last threshold it finds the row of its own.
        return np.append(self.thresholds, np.inf).searchsorted

    def find_one(self) -> Callable[[float], int]:
        """Return the same for a single value, without numpy's fixed cost."""
        missing = self.n_rows - 1
        if self.thresholds is None:
            return lambda v: int(v) if 0 <= v < N_CATEGORIES else missing
        find = partial(bisect_left, self.thresholds.tolist())
        return lambda v: find(v) if v == v else missing


@dataclass(frozen=True, slots=True)
class Several:
    """The asked columns of several thresholds, or of categories."""

    columns: Indices
    starts: Indices
    find: tuple[Callable[[Matrix], Indices], ...]
    find_one: tuple[Callable[[float], int], ...]

    @classmethod
    def of(cls, asked: Sequence[Asked]) -> Self:
        return cls(
            columns=np.array([one.column for one in asked], dtype=np.intp),
            starts=np.array([one.start for one in asked], dtype=np.intp),
            find=tuple(one.find() for one in asked),
            find_one=tuple(one.find_one() for one in asked),
        )

    def rows(self, X: Matrix) -> Indices:
        """Return a row of masks for each column and row of X, (n, columns)."""
        if len(X) <= FEW_ROWS:
            values = X.take(self.columns, axis=1).tolist()
            found = np.array(
                [[find(v) for find, v in zip(self.find_one, row, strict=True)] for row in values],
                dtype=np.intp,
            )
        else:
            columns = np.ascontiguousarray(X.T.take(self.columns, axis=0))
            found = np.empty((len(X), len(self.find)), dtype=np.intp)
            for i, find in enumerate(self.find):
                found[:, i] = find(columns[i])
        found += self.starts
        return found


@dataclass(frozen=True, slots=True)
class LeafMasks:
    """Trees of at most 64 leaves. ``table`` is (rows of masks, trees)."""

    table: Masks
    leaves: Indices
    tree_starts: Indices
    prime: int
    switches: Switches
    several: Several

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
        table = _table(forest, asked, np.dtype(f"u{bits // 8}"), first_leaf)
        own = [one.as_switch() for one in asked]
        switches, table = Switches.of([one for one in own if one is not None], table)
        return cls(
            table=table,
            leaves=leaves.ravel(),
            tree_starts=np.arange(n_trees) * prime,
            prime=prime,
            switches=switches,
            several=Several.of([a for a, one in zip(asked, own, strict=True) if one is None]),
        )

    def find(self, X: Matrix) -> Indices:
        at = self._rows(X)
        if at.shape[1] == 0:
            return np.tile(self.leaves[self.tree_starts + 1], (len(X), 1))
        per_row = max(at.shape[1] * self.table.shape[1] * self.table.itemsize, 1)
        step = max(CHUNK_BYTES // per_row, 1)
        if len(X) <= step:
            return self._leaves(at)
        chunks = [self._leaves(at[i : i + step]) for i in range(0, len(X), step)]
        return np.concatenate(chunks)

    def _rows(self, X: Matrix) -> Indices:
        """Return rows of the table for each row of X, which together have all columns' masks."""
        if len(self.switches.columns) == 0:
            return self.several.rows(X)
        found = self.switches.find(X)
        if len(self.several.columns) == 0:
            return found
        return np.concatenate([found, self.several.rows(X)], axis=1)

    def _leaves(self, at: Indices) -> Indices:
        left_over = np.bitwise_and.reduce(self.table.take(at, axis=0), axis=1)
        places = (left_over % self.prime).astype(np.intp)
        places += self.tree_starts
        found: Indices = self.leaves.take(places)
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
