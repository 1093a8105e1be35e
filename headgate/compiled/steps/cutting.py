"""Steps that cut columns into pieces, put numbers in the place of others, or multiply columns."""

from itertools import pairwise
from typing import Literal

import numpy as np

from headgate.compiled.archive import Arrays
from headgate.compiled.step import Map, MapStep
from headgate.compiled.values import Matrix, PlanError


class Bins(MapStep):
    """The number of the interval of each value: how many of the inner edges are at most it.

    The inner edges of column ``j`` are ``starts[j]`` to ``starts[j + 1]`` of the array ``edges``.
    """

    kind: Literal["bins"] = "bins"
    edges: str
    starts: str

    def map(self, arrays: Arrays) -> Map:
        starts = arrays[self.starts].tolist()
        own = [arrays[self.edges][a:b] for a, b in pairwise(starts)]

        def bins(X: Matrix) -> Matrix:
            found = np.empty(X.shape)
            for j, edges in enumerate(own):
                found[:, j] = np.searchsorted(edges, X[:, j], side="right")
            return found

        return bins


class Recode(MapStep):
    """A number in place of each known one.

    The known numbers of column ``j`` are ``starts[j]`` to ``starts[j + 1]`` of the sorted array
    ``known``, ``codes`` beside it is what stands in their place; ``missing`` and ``unknown`` have
    one number a column. Infinity in the place of a number refuses the row.
    """

    kind: Literal["recode"] = "recode"
    known: str
    codes: str
    starts: str
    missing: str
    unknown: str

    def map(self, arrays: Arrays) -> Map:
        starts = arrays[self.starts].tolist()
        pieces = [slice(*ends) for ends in pairwise(starts)]
        known = [(arrays[self.known][piece], arrays[self.codes][piece]) for piece in pieces]
        missing, unknown = arrays[self.missing], arrays[self.unknown]

        def recode(X: Matrix) -> Matrix:
            found = np.empty(X.shape)
            for j, (numbers, codes) in enumerate(known):
                found[:, j] = unknown[j]
                if len(numbers):
                    at = np.minimum(np.searchsorted(numbers, X[:, j]), len(numbers) - 1)
                    same = numbers[at] == X[:, j]
                    found[same, j] = codes[at[same]]
            found = np.where(np.isnan(X), missing, found)
            if np.isinf(found).any():
                raise PlanError("A number that the estimator does not know has no place in it.")
            return found

        return recode


class Switches(MapStep):
    """One of ``size`` positions switched on for each number that is one: (n, k) to (n, size)."""

    kind: Literal["switches"] = "switches"
    size: int

    def map(self, arrays: Arrays) -> Map:  # noqa: ARG002
        def switches(X: Matrix) -> Matrix:
            # One position more, so that -1 means the last one, which is cut off.
            on = np.zeros((len(X), self.size + 1))
            on[np.arange(len(X))[:, None], X.astype(np.intp)] = 1.0
            return np.ascontiguousarray(on[:, : self.size])

        return switches


class Products(MapStep):
    """Products of columns: each row of the array ``factors`` lists them, -1 stands for one."""

    kind: Literal["products"] = "products"
    factors: str

    def map(self, arrays: Arrays) -> Map:
        factors = arrays[self.factors].astype(np.intp).T

        def products(X: Matrix) -> Matrix:
            padded = np.concatenate([X, np.ones((len(X), 1))], axis=1)
            product: Matrix = padded.take(factors[0], axis=1)
            for more in factors[1:]:
                product = padded.take(more, axis=1) * product
            return product

        return products
