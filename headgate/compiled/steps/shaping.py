"""Steps that choose columns or put them side by side."""

from typing import Literal

import numpy as np

from headgate.compiled.archive import Arrays
from headgate.compiled.step import Kernel, Step
from headgate.compiled.values import Batch, Indices, Matrix, Sparse, Value


class Select(Step):
    """Some columns, in the order of the array ``columns``."""

    kind: Literal["select"] = "select"
    columns: str

    def kernel(self, arrays: Arrays) -> Kernel:
        (at,), columns = self.inputs, arrays[self.columns].astype(np.intp)

        def select(batch: Batch) -> Value:
            value = batch.done[at]
            if isinstance(value, Sparse):
                return _selected(value, columns)
            return value.take(columns, axis=1)

        return select


def _selected(value: Sparse, columns: Indices) -> Sparse:
    new = np.full(value.width, -1, dtype=np.intp)
    new[columns] = np.arange(len(columns))
    place = new[value.columns]
    kept = place >= 0
    return Sparse(value.rows[kept], place[kept], value.data[kept], value.n_rows, len(columns))


class SideBySide(Step):
    """The columns of all inputs, sparse if one of them is."""

    kind: Literal["side_by_side"] = "side_by_side"

    def kernel(self, arrays: Arrays) -> Kernel:  # noqa: ARG002
        inputs = self.inputs

        def side_by_side(batch: Batch) -> Value:
            done = batch.done
            parts = [done[at] for at in inputs]
            full = [part for part in parts if not isinstance(part, Sparse)]
            if len(full) == len(parts):
                return np.concatenate(full, axis=1)
            return _sparse(parts, batch.n_rows)

        return side_by_side


class Densify(Step):
    """A sparse input as a full matrix."""

    kind: Literal["densify"] = "densify"

    def kernel(self, arrays: Arrays) -> Kernel:  # noqa: ARG002
        (at,) = self.inputs
        return lambda batch: batch.matrix(at)


def _sparse(parts: list[Value], n_rows: int) -> Sparse:
    entries = [part if isinstance(part, Sparse) else _entries(part) for part in parts]
    ends = np.cumsum([one.width for one in entries]).tolist()
    columns = [one.columns + end - one.width for one, end in zip(entries, ends, strict=True)]
    return Sparse(
        rows=np.concatenate([one.rows for one in entries]),
        columns=np.concatenate(columns),
        data=np.concatenate([one.data for one in entries]),
        n_rows=n_rows,
        width=ends[-1],
    )


def _entries(X: Matrix) -> Sparse:
    rows, columns = np.nonzero(X)
    return Sparse(rows, columns, X[rows, columns], *X.shape)
