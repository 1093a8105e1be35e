"""Steps that bring the answers of several estimators together."""

from typing import Literal

import numpy as np

from headgate.compiled.archive import Arrays
from headgate.compiled.step import Kernel, Map, MapStep, Step
from headgate.compiled.values import Batch, Matrix, Value


class Average(Step):
    """The mean of all inputs, weighted by the array ``weights``, one number an input."""

    kind: Literal["average"] = "average"
    weights: str

    def kernel(self, arrays: Arrays) -> Kernel:
        inputs, weights = self.inputs, arrays[self.weights].tolist()
        total = sum(weights)

        def average(batch: Batch) -> Value:
            parts = zip(inputs, weights, strict=True)
            summed = sum(batch.matrix(at) * weight for at, weight in parts)
            return np.asarray(summed / total)

        return average


class Votes(Step):
    """What each class gets from inputs that each name one, (n, 1): (n, ``n_classes``).

    A named class gets the input's number of ``weights``, every other one that of ``others``.
    """

    kind: Literal["votes"] = "votes"
    weights: str
    others: str
    n_classes: int

    def kernel(self, arrays: Arrays) -> Kernel:
        inputs, classes = self.inputs, np.arange(self.n_classes)
        parts = list(zip(inputs, arrays[self.weights], arrays[self.others], strict=True))

        def votes(batch: Batch) -> Value:
            given = np.zeros((batch.n_rows, len(classes)))
            for at, weight, other in parts:
                given += np.where(batch.matrix(at) == classes, weight, other)
            return given

        return votes


class WeightedMedian(MapStep):
    """The weighted median of each row of predictions, (n, estimators) to (n, 1)."""

    kind: Literal["weighted_median"] = "weighted_median"
    weights: str

    def map(self, arrays: Arrays) -> Map:
        weights = arrays[self.weights]

        def weighted_median(X: Matrix) -> Matrix:
            order = np.argsort(X, axis=1)
            summed = np.cumsum(weights[order], axis=1)
            middle = (summed >= 0.5 * summed[:, -1:]).argmax(axis=1)[:, None]
            found = np.take_along_axis(order, middle, axis=1)
            median: Matrix = np.take_along_axis(X, found, axis=1)
            return median

        return weighted_median


class PairScores(MapStep):
    """Scores of every pair of classes, (n, pairs), to scores by class as scikit-learn's.

    Pairs are (0, 1), (0, 2), …, (1, 2), …; a score above zero is for the first of the two. With
    ``votes_only`` the result is the number of pairs won.
    """

    kind: Literal["pair_scores"] = "pair_scores"
    n_classes: int
    votes_only: bool = False

    def map(self, arrays: Arrays) -> Map:  # noqa: ARG002
        n = self.n_classes
        first, second = np.triu_indices(n, k=1)
        by_first = np.equal.outer(first, np.arange(n)).astype(np.float64)
        by_second = np.equal.outer(second, np.arange(n)).astype(np.float64)

        def votes(X: Matrix) -> Matrix:
            won = np.asarray(X > 0 if self.votes_only else X >= 0, dtype=np.float64)
            return _by_class(won, by_first) + _by_class(1.0 - won, by_second)

        def scores(X: Matrix) -> Matrix:
            sums = _by_class(X, by_first - by_second)
            by_class: Matrix = votes(X) + sums / (3 * (np.abs(sums) + 1))
            return by_class

        return votes if self.votes_only else scores


def _by_class(X: Matrix, shares: Matrix) -> Matrix:
    summed: Matrix = np.einsum("ij,jk->ik", X, shares)
    return summed
