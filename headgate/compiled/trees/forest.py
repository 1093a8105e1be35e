"""All trees of an estimator in one set of arrays."""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from headgate.compiled.archive import Arrays
from headgate.compiled.values import Indices, Matrix

Flags = NDArray[np.bool_]
N_CATEGORIES = 256


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees by node, children after their parents; see `headgate.compiled.steps.trees.Trees`."""

    column: Indices
    threshold: Matrix
    left: Indices
    right: Indices
    missing_left: Flags
    leaf: Indices
    category: Indices
    goes_left: Flags
    roots: Indices

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """Return the forest of arrays by the names of its fields."""
        return cls(
            column=arrays["column"].astype(np.intp),
            threshold=arrays["threshold"],
            left=arrays["left"].astype(np.intp),
            right=arrays["right"].astype(np.intp),
            missing_left=arrays["missing_left"].astype(np.bool_),
            leaf=arrays["leaf"].astype(np.intp),
            category=arrays["category"].astype(np.intp),
            goes_left=arrays["goes_left"].astype(np.bool_),
            roots=arrays["roots"].astype(np.intp),
        )

    @property
    def n_leaves(self) -> Indices:
        """Return how many leaves each tree has; they are numbered in a row."""
        counted: Indices = np.add.reduceat(self.leaf >= 0, self.roots, dtype=np.intp)
        return counted

    @property
    def first_leaves(self) -> Indices:
        """Return the first leaf of each tree."""
        return np.cumsum(self.n_leaves) - self.n_leaves

    @property
    def ends(self) -> Indices:
        """Return the position after the last node of each tree."""
        return np.append(self.roots[1:], len(self.leaf))


class LeafFinder(Protocol):
    """One way to lead rows through all trees; every way finds the same leaves."""

    def find(self, X: Matrix) -> Indices:
        """Return the leaf of each row in each tree, (n, trees)."""
        ...


def as_category(X: Matrix) -> Indices:
    """Return numbers as category codes, -1 for what is missing or none."""
    known = (X >= 0) & (X < N_CATEGORIES)
    return np.where(known, X, -1.0).astype(np.intp)
