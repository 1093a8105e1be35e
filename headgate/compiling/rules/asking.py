"""What an encoder makes of each value of a column, asked of the encoder itself.

Encoders treat each column by itself, so a table of their answers says all: one for each value that
the encoder or the contract knows, one for a missing value, one for a value nobody knows.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from headgate.compiled.steps.sources import Key
from headgate.compiling.builder import Node, NoPlanError, RawColumn, Value, is_nan
from headgate.contract.columns import BooleanColumn, CategoryColumn, NumberColumn

Rows = list[Any]


@dataclass(frozen=True, slots=True)
class Table:
    """The known values of a column, and a row of numbers for each.

    After them come the rows of a missing value and of an unknown one. What the encoder refuses
    has None for a row.
    """

    keys: tuple[Key, ...]
    rows: Rows
    width: int


def tables_of(model: Any, X: Value, widths: Sequence[int]) -> list[Table]:
    """Ask about every column; ``widths`` say how many numbers each becomes."""
    tables, start = [], 0
    for j, width in enumerate(widths):
        ask = _Asker(model, _columns(X), j, slice(start, start + width), _framed(model, X))
        keys = ask.keys()
        tables.append(Table(keys, ask.all_rows(keys), width))
        start += width
    return tables


def _columns(X: Value) -> Sequence[RawColumn]:
    if isinstance(X, Node):
        return [RawColumn(NumberColumn(name=f"column {j}", nullable=True)) for j in range(X.width)]
    return X.columns


def _framed(model: Any, X: Value) -> bool:
    return not isinstance(X, Node) and X.framed and hasattr(model, "feature_names_in_")


@dataclass(frozen=True, slots=True)
class _Asker:
    """Asks about column ``j``, the others held at a value the encoder knows."""

    model: Any
    columns: Sequence[RawColumn]
    j: int
    places: slice
    framed: bool

    @property
    def _one(self) -> RawColumn:
        return self.columns[self.j]

    def keys(self) -> tuple[Key, ...]:
        """Return the values to ask for; those of the contract may be new to the encoder."""
        found = [*self.model.categories_[self.j].tolist()]
        column = self._one.column
        if isinstance(column, CategoryColumn):
            found += column.categories
        if isinstance(column, BooleanColumn):
            found += [False, True]
        known = [value for value in found if value is not None and not is_nan(value)]
        if isinstance(column, CategoryColumn):
            texts = [value for value in known if isinstance(value, str)]
            if len(texts) < len(known):
                raise NoPlanError(f"column {column.name!r} has categories that are no text")
            return tuple(dict.fromkeys(texts))
        return tuple(dict.fromkeys(float(value) for value in known))

    def all_rows(self, keys: Sequence[Key]) -> Rows:
        rows = self._rows(keys) if keys else []
        if rows is None:
            rows = [self._row(key) for key in keys]
        return [*rows, self._missing(), self._row(self._unknown(keys))]

    def _missing(self) -> Any:
        if self._one.fill is not None:
            return self._row(self._one.fill)
        if isinstance(self._one.column, BooleanColumn) and not self._one.column.nullable:
            return None
        return self._row(np.nan)

    def _unknown(self, keys: Sequence[Key]) -> Key:
        if isinstance(self._one.column, CategoryColumn):
            return "?" + max((str(key) for key in keys), key=len, default="")
        return max((float(key) for key in keys), default=0.0) + 1.5

    def _row(self, value: Any) -> Any:
        rows = self._rows([value])
        return None if rows is None else rows[0]

    def _rows(self, values: Sequence[Any]) -> Rows | None:
        """Return the encoder's answers, None if it refuses one."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                found = self.model.transform(self._input(values))
            except ValueError:
                return None
        full = found.toarray() if hasattr(found, "toarray") else np.asarray(found)
        return list(full[:, self.places])

    def _input(self, values: Sequence[Any]) -> Any:
        columns = [
            list(values) if i == self.j else [categories[0]] * len(values)
            for i, categories in enumerate(self.model.categories_)
        ]
        if not self.framed:
            return _array(self.columns, columns)
        typed = [_series(one, own) for one, own in zip(self.columns, columns, strict=True)]
        return pd.DataFrame(dict(zip(self.model.feature_names_in_, typed, strict=True)))


def _array(columns: Sequence[RawColumn], values: Sequence[Sequence[Any]]) -> Any:
    if all(isinstance(one.column, NumberColumn) for one in columns):
        return np.array(values, dtype=np.float64).T
    array = np.empty((len(values[0]), len(values)), dtype=object)
    for j, own in enumerate(values):
        array[:, j] = own
    return array


def _series(one: RawColumn, values: Sequence[Any]) -> Any:
    if isinstance(one.column, BooleanColumn):
        truths = [value if is_nan(value) else bool(value) for value in values]
        return pd.Series(truths, dtype=object if one.column.nullable else np.bool_)
    if one.is_number:
        return pd.Series(values, dtype=np.float64)
    return pd.Series(values, dtype=object)
