"""Steps of weighted sums, and what turns scores into probabilities and answers."""

from typing import Literal

import numpy as np

from headgate.compiled.archive import Arrays
from headgate.compiled.step import Kernel, Map, MapStep, Step, optional
from headgate.compiled.values import Batch, Matrix, Sparse, Value


class WeightedSums(Step):
    """``X @ weights.T + offset``: weights are (m, k), offset (m,).

    The sums of a row do not depend on the rows beside it, to the last bit; that is why no BLAS
    is used up to ``MAX_BY_HAND`` weights.
    """

    kind: Literal["weighted_sums"] = "weighted_sums"
    weights: str
    offset: str | None = None

    def kernel(self, arrays: Arrays) -> Kernel:
        (at,) = self.inputs
        weights, offset = arrays[self.weights], optional(arrays, self.offset)
        dense = _sums(weights)

        def weighted_sums(batch: Batch) -> Value:
            value = batch.done[at]
            sums = _sparse_sums(value, weights) if isinstance(value, Sparse) else dense(value)
            return sums if offset is None else np.add(sums, offset, out=sums)

        return weighted_sums


MAX_BY_HAND = 20_000


def _sums(weights: Matrix) -> Map:
    if weights.size > MAX_BY_HAND:
        return lambda X: X @ weights.T
    return lambda X: np.einsum("ij,kj->ik", X, weights)


def _sparse_sums(X: Sparse, weights: Matrix) -> Matrix:
    sums = np.empty((X.n_rows, len(weights)))
    for k, own in enumerate(weights):
        sums[:, k] = X.sum_by_row(X.data * own[X.columns])
    return sums


class Softmax(MapStep):
    """Scores of (n, classes) to probabilities."""

    kind: Literal["softmax"] = "softmax"

    def map(self, arrays: Arrays) -> Map:  # noqa: ARG002
        return softmax


def softmax(X: Matrix) -> Matrix:
    """Return exp(x) of each row, divided by its sum; the scores may be of any size."""
    scores = np.exp(X - np.maximum.reduce(X, axis=1, keepdims=True))
    return np.divide(scores, np.add.reduce(scores, axis=1, keepdims=True), out=scores)


class Expit(MapStep):
    """``1 / (1 + exp(-x))``."""

    kind: Literal["expit"] = "expit"

    def map(self, arrays: Arrays) -> Map:  # noqa: ARG002
        return expit


def expit(X: Matrix) -> Matrix:
    """Return the logistic function, also where ``exp`` would overflow."""
    small = np.exp(-np.abs(X))
    return np.where(X >= 0, 1.0, small) / (1.0 + small)


class Complement(MapStep):
    """The probability of the second of two classes, (n, 1), to those of both."""

    kind: Literal["complement"] = "complement"

    def map(self, arrays: Arrays) -> Map:  # noqa: ARG002
        def complement(X: Matrix) -> Matrix:
            both = np.empty((len(X), 2))
            np.subtract(1.0, X[:, 0], out=both[:, 0])
            both[:, 1] = X[:, 0]
            return both

        return complement


class Shares(MapStep):
    """Each row divided by its sum; a row that sums to zero becomes ``1 / k`` everywhere."""

    kind: Literal["shares"] = "shares"

    def map(self, arrays: Arrays) -> Map:  # noqa: ARG002
        def shares(X: Matrix) -> Matrix:
            total = np.add.reduce(X, axis=1, keepdims=True)
            even = total == 0.0
            return np.where(even, 1.0 / X.shape[1], X / np.where(even, 1.0, total))

        return shares


class Largest(MapStep):
    """The position of the largest number of each row, (n, 1); of equals the first."""

    kind: Literal["largest"] = "largest"

    def map(self, arrays: Arrays) -> Map:  # noqa: ARG002
        return lambda X: X.argmax(axis=1)[:, None]


class Above(MapStep):
    """1 where the number is above the threshold (or at it, with ``or_equal``), else 0."""

    kind: Literal["above"] = "above"
    threshold: float = 0.0
    or_equal: bool = False

    def map(self, arrays: Arrays) -> Map:  # noqa: ARG002
        threshold = self.threshold
        if self.or_equal:
            return lambda X: (threshold <= X).astype(np.intp)
        return lambda X: (threshold < X).astype(np.intp)
