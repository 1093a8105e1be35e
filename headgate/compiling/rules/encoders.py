"""Plans of encoders, from tables of what they make of each value."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn import preprocessing

from headgate.compiled.steps import Lookup, OneHot, Recode, Switches
from headgate.compiling.builder import Builder, Node, Raw, Transformer, Value, refuse
from headgate.compiling.rules.asking import Table, tables_of
from headgate.compiling.rules.bending import starts_of

MAX_DENSE_ONE_HOT = 1000
MAX_TABLE = 4_000_000


def _one_hot(build: Builder, model: Any, X: Value) -> Value:
    tables = tables_of(model, X, [int(width) for width in model._n_features_outs])
    size = sum(table.width for table in tables)
    positions = _positions(model, tables)
    if isinstance(X, Node):
        refused = [[np.inf if at == -2 else at for at in own] for own in positions]
        coded = _recoded(build, X, tables, refused)
        return build.add(Switches(inputs=(coded.step,), size=size), size)
    sparse = size > MAX_DENSE_ONE_HOT
    step = OneHot(
        columns=tuple(one.column.name for one in X.columns),
        keys=tuple(table.keys for table in tables),
        positions=build.store(np.concatenate(positions), np.int64),
        size=size,
        sparse=sparse,
    )
    return build.add(step, size, sparse=sparse)


def _positions(model: Any, tables: Sequence[Table]) -> list[list[int]]:
    """Return what each value switches on: -1 nothing, -2 is refused."""
    positions, start = [], 0
    for table in tables:
        positions.append([_position(model, row, start) for row in table.rows])
        start += table.width
    return positions


def _position(model: Any, row: Any, start: int) -> int:
    if row is None:
        return -2
    (on,) = np.nonzero(row)
    if len(on) > 1 or (len(on) and row[on[0]] != 1):
        raise refuse(model, "more than one position per value")
    return start + int(on[0]) if len(on) else -1


def _looked_up(build: Builder, model: Any, X: Value) -> Value:
    widths = _widths(model, X)
    tables = tables_of(model, X, widths)
    widest = max(widths)
    if sum(len(table.rows) for table in tables) * widest > MAX_TABLE:
        raise refuse(model, "so many categories")
    if isinstance(X, Node):
        if widest > 1:
            raise refuse(model, "numbers that were changed before, and many classes")
        codes = [[np.inf if row is None else row[0] for row in table.rows] for table in tables]
        return _recoded(build, X, tables, codes)
    rows = [_padded(row, widest) for table in tables for row in table.rows]
    step = Lookup(
        columns=tuple(one.column.name for one in X.columns),
        keys=tuple(table.keys for table in tables),
        width=tuple(widths),
        table=build.store(rows),
    )
    return build.add(step, sum(widths))


def _widths(model: Any, X: Raw | Node) -> list[int]:
    if isinstance(model, preprocessing.TargetEncoder) and model.target_type_ == "multiclass":
        return [len(model.classes_)] * X.width
    return [1] * X.width


def _padded(row: Any, width: int) -> Any:
    if row is None:
        return np.full(width, np.inf)
    return np.pad(np.asarray(row, dtype=np.float64), (0, width - len(row)))


def _recoded(
    build: Builder, X: Node, tables: Sequence[Table], codes: Sequence[Sequence[float]]
) -> Node:
    """Put one number in place of each: ``codes`` are those of the tables' rows."""
    known, own = [], []
    for table, numbers in zip(tables, codes, strict=True):
        order = np.argsort(np.array(table.keys, dtype=np.float64))
        known.append(np.array(table.keys, dtype=np.float64)[order])
        own.append(np.array(numbers[:-2], dtype=np.float64)[order])
    step = Recode(
        inputs=(build.dense(X).step,),
        known=build.store(np.concatenate(known)),
        codes=build.store(np.concatenate(own)),
        starts=build.store(starts_of(known), np.int64),
        missing=build.store([numbers[-2] for numbers in codes]),
        unknown=build.store([numbers[-1] for numbers in codes]),
    )
    return build.add(step, X.width)


TRANSFORMERS: dict[type, Transformer] = {
    preprocessing.OneHotEncoder: _one_hot,
    preprocessing.OrdinalEncoder: _looked_up,
    preprocessing.TargetEncoder: _looked_up,
}
