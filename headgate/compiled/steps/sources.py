"""Steps that start from the clean columns: numbers, and values looked up in tables."""

from collections.abc import Callable, Mapping, Sequence
from itertools import repeat
from typing import Literal, cast

import numpy as np

from headgate.compiled.archive import Arrays
from headgate.compiled.step import Kernel, Step
from headgate.compiled.values import Batch, Columns, Indices, Matrix, PlanError, Sparse, Value

Key = str | float
Find = Callable[[Columns], list[int]]

UNKNOWN = "A value that the estimator does not know has no place in it."


class Numbers(Step):
    """Number, integer and boolean columns as (n, k); a missing value is NaN."""

    kind: Literal["numbers"] = "numbers"
    columns: tuple[str, ...]

    def kernel(self, arrays: Arrays) -> Kernel:  # noqa: ARG002
        names = self.columns

        def numbers(batch: Batch) -> Value:
            columns, n_rows = batch.columns, batch.n_rows
            if n_rows == 1:
                return np.array([[columns[name][0] for name in names]], dtype=np.float64)
            matrix = np.empty((n_rows, len(names)))
            for j, name in enumerate(names):
                matrix[:, j] = cast(Sequence[float], columns[name])
            return matrix

        return numbers


class Lookup(Step):
    """Columns whose values stand for rows of a table, side by side.

    ``keys[j]`` are the known values of ``columns[j]``. The array ``table`` holds, column after
    column, a row for each key, one for a missing value and one for an unknown one; ``width[j]``
    says how many of its numbers belong to the column. A row that starts with infinity is refused.
    """

    kind: Literal["lookup"] = "lookup"
    columns: tuple[str, ...]
    keys: tuple[tuple[Key, ...], ...]
    width: tuple[int, ...]
    table: str

    def kernel(self, arrays: Arrays) -> Kernel:
        table = arrays[self.table]
        find = [
            _finder(name, keys, start)
            for name, keys, start in zip(self.columns, self.keys, _starts(self.keys), strict=True)
        ]
        made = _narrow(find, table) if set(self.width) == {1} else _wide(find, table, self.width)
        if not np.isinf(table).any():
            return made

        def refusing(batch: Batch) -> Value:
            found = made(batch)
            if np.isinf(found).any():
                raise PlanError(UNKNOWN)
            return found

        return refusing


def _narrow(find: Sequence[Find], table: Matrix) -> Callable[[Batch], Matrix]:
    numbers = np.ascontiguousarray(table[:, 0])

    def narrow(batch: Batch) -> Matrix:
        at = [one(batch.columns) for one in find]
        return np.ascontiguousarray(numbers[np.array(at, dtype=np.intp).T])

    return narrow


def _wide(find: Sequence[Find], table: Matrix, widths: Sequence[int]) -> Callable[[Batch], Matrix]:
    def wide(batch: Batch) -> Matrix:
        parts = [table[one(batch.columns), :width] for one, width in zip(find, widths, strict=True)]
        return np.concatenate(parts, axis=1)

    return wide


class OneHot(Step):
    """Columns whose values switch on one position each of ``size``, or none.

    ``positions`` is laid out as the table of `Lookup`, a number each: -1 switches on nothing, -2
    refuses the row.
    """

    kind: Literal["one_hot"] = "one_hot"
    columns: tuple[str, ...]
    keys: tuple[tuple[Key, ...], ...]
    positions: str
    size: int
    sparse: bool = False

    def kernel(self, arrays: Arrays) -> Kernel:
        positions, size = arrays[self.positions].astype(np.intp).tolist(), self.size
        find: list[tuple[str, Mapping[object, int], int]] = []
        for name, keys, start in zip(self.columns, self.keys, _starts(self.keys), strict=True):
            own = positions[start : start + len(keys) + 2]
            known: dict[object, int] = dict(zip(keys, own, strict=False))
            known[None] = own[-2]
            find.append((name, known, own[-1]))

        def found(batch: Batch) -> Indices:
            rows = [
                _positions(batch.columns[name], known, unknown) for name, known, unknown in find
            ]
            at = np.array(rows, dtype=np.intp)
            if at.size and at.min() == -2:
                raise PlanError(UNKNOWN)
            return at.T

        def one_hot(batch: Batch) -> Value:
            at = found(batch)
            if not self.sparse:
                return _switched_on(at, batch.n_rows, size)
            rows, j = np.nonzero(at >= 0)
            ones = np.ones(len(rows))
            return Sparse(rows, at[rows, j].astype(np.intp), ones, batch.n_rows, size)

        return one_hot


def _starts(keys: Sequence[Sequence[Key]]) -> list[int]:
    starts = [0]
    for own in keys:
        starts.append(starts[-1] + len(own) + 2)
    return starts[:-1]


def _finder(name: str, keys: Sequence[Key], start: int) -> Find:
    known: dict[object, int] = {key: start + i for i, key in enumerate(keys)}
    known[None] = start + len(keys)
    unknown = start + len(keys) + 1
    return lambda columns: _positions(columns[name], known, unknown)


def _positions(values: Sequence[object], known: Mapping[object, int], unknown: int) -> list[int]:
    return list(map(known.get, values, repeat(unknown)))


def _switched_on(at: Indices, n_rows: int, size: int) -> Matrix:
    # One position more, so that -1 means the last one, which is cut off.
    full = np.zeros((n_rows, size + 1))
    if n_rows == 1:
        full[0, at[0]] = 1.0
    else:
        full[np.arange(n_rows)[:, None], at] = 1.0
    return full[:, :size]
