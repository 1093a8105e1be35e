"""Between data frames and the plain values of a contract. The dtypes are fixed by the contract."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal

import numpy as np
import pandas as pd

from headgate.contract.columns import (
    BooleanColumn,
    Column,
    IntegerColumn,
    NumberColumn,
    TextColumn,
)
from headgate.contract.contract import Contract
from headgate.errors import UsageError

# Read from Python lists as they are: no blank, date or mixed dtype to look into.
_PLAIN_KINDS = "biu"


def to_frame(contract: Contract, values: Mapping[str, Sequence[object]]) -> pd.DataFrame:
    """Build the frame an estimator sees, the same in training and in serving.

    number is float64, integer int64 (float64 if nullable), boolean bool (object if nullable), all
    others object. A missing value is NaN, in text the empty string.
    """
    series = {column.name: _series(column, values[column.name]) for column in contract.columns}
    return pd.DataFrame(series)


def _series(column: Column, values: Sequence[object]) -> pd.Series:
    if isinstance(column, NumberColumn) or (isinstance(column, IntegerColumn) and column.nullable):
        return pd.Series(np.array(values, dtype=np.float64))
    if isinstance(column, IntegerColumn):
        return pd.Series(np.array(values, dtype=np.int64))
    if isinstance(column, BooleanColumn) and not column.nullable:
        return pd.Series(np.array(values, dtype=np.bool_))
    missing = "" if isinstance(column, TextColumn) else np.nan
    # Without the dtype pandas would make its own string type of it.
    return pd.Series([missing if value is None else value for value in values], dtype=object)


def columns_of(frame: pd.DataFrame, contract: Contract) -> dict[str, list[object]]:
    """Return every column of a frame as plain values, None where missing.

    Columns the contract does not have are returned too, so that cleaning can name them.

    Raises:
        UsageError: if two columns have the same name.
    """
    text = {column.name for column in contract.columns if isinstance(column, TextColumn)}
    named = named_series(frame)
    return {name: plain_values(one, dates=name in text) for name, one in named.items()}


def named_series(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the columns by their names as text.

    Raises:
        UsageError: if two columns have the same name.
    """
    names = [str(label) for label in frame.columns]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise UsageError(
            f"The data has more than one column named {', '.join(map(repr, repeated))}. "
            "Rename or drop the repeated ones."
        )
    return {name: frame.iloc[:, position] for position, name in enumerate(names)}


def plain_values(series: pd.Series, *, dates: bool) -> list[object]:
    """Return Python values, None where missing; with ``dates`` dates and times become ISO text."""
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in _PLAIN_KINDS:
        return list(series.tolist())
    missing = series.isna().to_numpy(dtype=bool)
    values: list[object] = series.tolist()
    if missing.any():
        values = [None if gone else value for value, gone in zip(values, missing, strict=True)]
    if isinstance(series.dtype, np.dtype) and series.dtype.kind == "f":
        return values
    if isinstance(series.dtype, pd.StringDtype):
        return values
    return [_plain(value, dates) for value in values]


def _plain(value: object, dates: bool) -> object:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Decimal):
        return float(value)
    if dates and isinstance(value, date | datetime | time):
        return value.isoformat()
    return value
