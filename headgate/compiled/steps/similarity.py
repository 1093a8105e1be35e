"""Steps that compare each row with rows of the training data, or with a mean of them."""

from collections.abc import Callable
from typing import Literal

import numpy as np

from headgate.compiled.archive import Arrays
from headgate.compiled.step import Map, MapStep
from headgate.compiled.values import Matrix

Metric = Literal["euclidean", "manhattan", "chebyshev"]
Function = Literal["linear", "poly", "rbf", "sigmoid", "laplacian"]

# Numbers laid out at once: what the processor's cache holds.
MAX_CELLS = 256 * 1024


class Similarity(MapStep):
    """A kernel function between each row and each of ``vectors``: (n, k) to (n, vectors)."""

    kind: Literal["similarity"] = "similarity"
    vectors: str
    function: Function
    gamma: float = 1.0
    coef0: float = 0.0
    degree: float = 3.0

    def map(self, arrays: Arrays) -> Map:
        vectors, gamma, coef0 = arrays[self.vectors], self.gamma, self.coef0
        if self.function == "rbf":
            return lambda X: np.exp(-gamma * _apart(X, vectors, _squares))
        if self.function == "laplacian":
            return lambda X: np.exp(-gamma * _apart(X, vectors, _absolutes))
        if self.function == "linear":
            return lambda X: _products(X, vectors)
        if self.function == "sigmoid":
            return lambda X: np.tanh(gamma * _products(X, vectors) + coef0)
        return lambda X: (gamma * _products(X, vectors) + coef0) ** self.degree


class Neighbours(MapStep):
    """The mean target of the nearest ``vectors``: (n, k) to (n, targets).

    ``targets`` is (vectors, targets). With ``by_distance`` a neighbour weighs ``1 / distance``;
    one at no distance weighs all.
    """

    kind: Literal["neighbours"] = "neighbours"
    vectors: str
    targets: str
    n_neighbours: int
    metric: Metric = "euclidean"
    by_distance: bool = False

    def map(self, arrays: Arrays) -> Map:
        vectors, targets, n = arrays[self.vectors], arrays[self.targets], self.n_neighbours
        terms = {"euclidean": _squares, "manhattan": _absolutes, "chebyshev": _largest}[self.metric]

        def neighbours(X: Matrix) -> Matrix:
            apart = _apart(X, vectors, terms)
            nearest = np.argsort(apart, axis=1, kind="stable")[:, :n]
            if not self.by_distance:
                mean: Matrix = targets[nearest].sum(axis=1) / n
                return mean
            near = np.take_along_axis(apart, nearest, axis=1)
            weights = _weights(np.sqrt(near) if self.metric == "euclidean" else near)
            summed: Matrix = (targets[nearest] * weights[:, :, None]).sum(axis=1)
            total: Matrix = weights.sum(axis=1, keepdims=True)
            return summed / total

        return neighbours


class Gaussians(MapStep):
    """``offset - sum((x - mean)² / (2 variance))`` for each class: (n, k) to (n, classes)."""

    kind: Literal["gaussians"] = "gaussians"
    means: str
    variances: str
    offset: str

    def map(self, arrays: Arrays) -> Map:
        means, variances, offset = (
            arrays[name] for name in (self.means, self.variances, self.offset)
        )

        def gaussians(X: Matrix) -> Matrix:
            by_class = [
                np.add.reduce((X - mean) ** 2 / variance, axis=1)
                for mean, variance in zip(means, variances, strict=True)
            ]
            return offset - 0.5 * np.stack(by_class, axis=1)

        return gaussians


class RowSquares(MapStep):
    """The sum of squares of each row, (n, 1)."""

    kind: Literal["row_squares"] = "row_squares"

    def map(self, arrays: Arrays) -> Map:  # noqa: ARG002
        return lambda X: np.einsum("ij,ij->i", X, X)[:, None]


def _weights(distances: Matrix) -> Matrix:
    with np.errstate(divide="ignore"):
        weights = 1.0 / distances
    same = np.isinf(weights)
    return np.where(same.any(axis=1, keepdims=True), same, weights)


def _products(X: Matrix, vectors: Matrix) -> Matrix:
    products: Matrix = np.einsum("ij,kj->ik", X, vectors)
    return products


def _apart(X: Matrix, vectors: Matrix, terms: Callable[[Matrix], Matrix]) -> Matrix:
    """Return a distance from the differences themselves: no digits are lost as in a product."""
    found = np.empty((len(X), len(vectors)))
    step = max(MAX_CELLS // max(vectors.size, 1), 1)
    for i in range(0, len(X), step):
        found[i : i + step] = terms(X[i : i + step, None, :] - vectors)
    return found


def _squares(differences: Matrix) -> Matrix:
    summed: Matrix = np.einsum("ijk,ijk->ij", differences, differences)
    return summed


def _absolutes(differences: Matrix) -> Matrix:
    summed: Matrix = np.add.reduce(np.abs(differences), axis=2)
    return summed


def _largest(differences: Matrix) -> Matrix:
    largest: Matrix = np.abs(differences).max(axis=2)
    return largest
