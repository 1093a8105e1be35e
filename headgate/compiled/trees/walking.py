"""Trees of any size: all rows walk down all trees, a level at a time."""

from dataclasses import dataclass

import numpy as np

from headgate.compiled.trees.forest import Flags, Forest, as_category
from headgate.compiled.values import Indices, Matrix

# Rows times trees that walk together.
MAX_WALKERS = 256 * 1024


@dataclass(frozen=True, slots=True)
class LeafWalk:
    """Compares the numbers themselves in double precision: exact, and slower than masks."""

    forest: Forest

    def find(self, X: Matrix) -> Indices:
        step = max(MAX_WALKERS // len(self.forest.roots), 1)
        if len(X) <= step:
            return self._walk(X)
        return np.concatenate([self._walk(X[i : i + step]) for i in range(0, len(X), step)])

    def _walk(self, X: Matrix) -> Indices:
        forest, missing = self.forest, bool(np.isnan(X).any())
        n_trees = len(forest.roots)
        row = np.repeat(np.arange(len(X)), n_trees)
        at = np.tile(forest.roots, len(X))
        walking = np.flatnonzero(forest.leaf[at] < 0)
        while walking.size:
            node = at[walking]
            goes_left = self._goes_left(X[row[walking], forest.column[node]], node, missing)
            node = np.where(goes_left, forest.left[node], forest.right[node])
            at[walking] = node
            walking = walking[forest.leaf[node] < 0]
        return forest.leaf[at].reshape(len(X), n_trees)

    def _goes_left(self, values: Matrix, node: Indices, missing: bool) -> Flags:
        forest = self.forest
        goes_left = values <= forest.threshold[node]
        if missing:
            goes_left = np.where(np.isnan(values), forest.missing_left[node], goes_left)
        if len(forest.goes_left):
            category = forest.category[node]
            codes = as_category(values)
            known = forest.goes_left[category, codes]
            by_code = np.where(codes < 0, forest.missing_left[node], known)
            goes_left = np.where(category >= 0, by_code, goes_left)
        return goes_left
