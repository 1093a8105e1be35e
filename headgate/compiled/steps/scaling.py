"""Steps that treat each number, or each row of numbers, by itself."""

from collections.abc import Callable
from typing import Literal

import numpy as np

from headgate.compiled.archive import Arrays
from headgate.compiled.step import Kernel, Map, MapStep, Step, optional
from headgate.compiled.values import Batch, Matrix, Sparse, Value

Ufunc = Literal[
    "log1p", "log", "log2", "log10", "expm1", "exp", "sqrt", "cbrt", "square", "abs", "absolute",
    "sign", "tanh", "sin", "cos", "arcsinh", "reciprocal", "negative", "relu",
]  # fmt: skip
Norm = Literal["l1", "l2", "max"]


class Rescale(MapStep):
    """Subtract, divide, multiply, add and clip, in this order; what is None is left out."""

    kind: Literal["rescale"] = "rescale"
    subtract: str | None = None
    divide: str | None = None
    multiply: str | None = None
    add: str | None = None
    clip: tuple[float, float] | None = None

    def kernel(self, arrays: Arrays) -> Kernel:
        dense = super().kernel(arrays)
        (at,), factors = self.inputs, (optional(arrays, self.divide), self.multiply)

        def scale(batch: Batch) -> Value:
            value = batch.done[at]
            divide = factors[0]
            if isinstance(value, Sparse) and divide is not None and self._only_divides:
                return value.with_data(value.data / divide[value.columns])
            return dense(batch)

        return scale if self._only_divides else dense

    @property
    def _only_divides(self) -> bool:
        others = (self.subtract, self.multiply, self.add, self.clip)
        return self.divide is not None and others == (None, None, None, None)

    def map(self, arrays: Arrays) -> Map:
        named = (self.subtract, self.divide, self.multiply, self.add)
        steps: list[Callable[[Matrix], Matrix]] = []
        for ufunc, name in zip((np.subtract, np.divide, np.multiply, np.add), named, strict=True):
            if name is not None:
                steps.append(_with(ufunc, arrays[name]))
        if self.clip is not None:
            low, high = self.clip
            steps.append(lambda X: np.clip(X, low, high))
        return _after_each_other(steps)


def _with(ufunc: np.ufunc, other: Matrix) -> Callable[[Matrix], Matrix]:
    def apply(X: Matrix) -> Matrix:
        result: Matrix = ufunc(X, other)
        return result

    return apply


def _after_each_other(steps: list[Callable[[Matrix], Matrix]]) -> Map:
    if len(steps) == 2:
        first, second = steps
        return lambda X: second(first(X))

    def apply(X: Matrix) -> Matrix:
        for step in steps:
            X = step(X)
        return X

    return apply


class Elementwise(MapStep):
    """One of numpy's functions of one number."""

    kind: Literal["elementwise"] = "elementwise"
    function: Ufunc

    def map(self, arrays: Arrays) -> Map:  # noqa: ARG002
        if self.function == "relu":
            return lambda X: np.maximum(X, 0.0)
        function: np.ufunc = getattr(np, self.function)

        def apply(X: Matrix) -> Matrix:
            result: Matrix = function(X)
            return result

        return apply


class Binarize(MapStep):
    """1.0 above the threshold, else 0.0."""

    kind: Literal["binarize"] = "binarize"
    threshold: float

    def map(self, arrays: Arrays) -> Map:  # noqa: ARG002
        threshold = self.threshold
        return lambda X: (threshold < X).astype(np.float64)


class Normalize(Step):
    """Each row divided by its norm; a row of zeros stays one."""

    kind: Literal["normalize"] = "normalize"
    norm: Norm

    def kernel(self, arrays: Arrays) -> Kernel:  # noqa: ARG002
        (at,), norm = self.inputs, self.norm

        def normalize(batch: Batch) -> Value:
            value = batch.done[at]
            if isinstance(value, Sparse):
                return value.with_data(value.data / _sparse_norms(value, norm)[value.rows])
            return value / _norms(value, norm)[:, None]

        return normalize


def _norms(X: Matrix, norm: Norm) -> Matrix:
    if norm == "l2":
        norms = np.sqrt(np.einsum("ij,ij->i", X, X))
    elif norm == "l1":
        norms = np.abs(X).sum(axis=1)
    else:
        norms = np.abs(X).max(axis=1)
    return _not_zero(norms)


def _sparse_norms(X: Sparse, norm: Norm) -> Matrix:
    if norm == "l2":
        return _not_zero(np.sqrt(X.sum_by_row(X.data * X.data)))
    if norm == "l1":
        return _not_zero(X.sum_by_row(np.abs(X.data)))
    largest = np.zeros(X.n_rows)
    np.maximum.at(largest, X.rows, np.abs(X.data))
    return _not_zero(largest)


def _not_zero(norms: Matrix) -> Matrix:
    norms[norms == 0.0] = 1.0
    return norms
