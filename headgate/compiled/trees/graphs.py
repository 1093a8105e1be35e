"""Large trees by onnxruntime, made exact: it is asked for leaves only, by whole numbers only.

Its trees compare in single precision, which moves rows across thresholds. So each number goes in
as its rank among the thresholds of its column, each leaf comes out as its position in its tree,
and both are small whole numbers, which single precision holds exactly.
"""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import NDArray

from headgate.compiled.sessions import Session
from headgate.compiled.trees.forest import Forest
from headgate.compiled.values import Indices, Matrix

INPUT, OUTPUT = "ranks", "leaves"
# Up to here one value after the other is quicker than numpy's calls by column.
FEW_ROWS = 8
# Leaves found at once: what the graph lays out for a chunk of rows.
MAX_FOUND = 1024 * 1024

Ranks = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LeafGraph:
    """Trees as a graph, and the thresholds of each column by which values become ranks."""

    session: Session
    thresholds: tuple[Matrix, ...]
    finders: tuple[tuple[int, Callable[[float], int]], ...]
    first_leaf: Indices

    @classmethod
    def of(cls, session: Session, forest: Forest, n_columns: int) -> Self:
        thresholds = thresholds_of(forest, n_columns)
        finders = [
            (j, partial(bisect_left, own.tolist())) for j, own in enumerate(thresholds) if len(own)
        ]
        return cls(session, thresholds, tuple(finders), forest.first_leaves)

    def find(self, X: Matrix) -> Indices:
        step = max(MAX_FOUND // len(self.first_leaf), 1)
        chunks = [self._find(X[i : i + step]) for i in range(0, len(X), step)]
        return chunks[0] if len(chunks) == 1 else np.concatenate(chunks)

    def _find(self, X: Matrix) -> Indices:
        (found,) = self.session.run([OUTPUT], {INPUT: self._ranks(X)})
        leaves: Indices = found.astype(np.intp)
        leaves += self.first_leaf
        return leaves

    def _ranks(self, X: Matrix) -> Ranks:
        ranks = np.zeros(X.shape, dtype=np.float32)
        if len(X) <= FEW_ROWS:
            for row, values in enumerate(X.tolist()):
                own = ranks[row]
                for j, find in self.finders:
                    value = values[j]
                    own[j] = find(value) if value == value else np.nan
            return ranks
        for j, thresholds in enumerate(self.thresholds):
            ranks[:, j] = np.searchsorted(thresholds, X[:, j], side="left")
        ranks[np.isnan(X)] = np.nan
        return ranks


def thresholds_of(forest: Forest, n_columns: int) -> tuple[Matrix, ...]:
    """Return the different thresholds of each column, in order."""
    inner = forest.leaf < 0
    by_column = [inner & (forest.column == j) for j in range(n_columns)]
    return tuple(np.unique(forest.threshold[own]) for own in by_column)
