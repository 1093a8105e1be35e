"""Columns from a training frame: what the spec leaves out or open is read from the data."""

from collections.abc import Collection, Sequence

import pandas as pd

from headgate.contract.columns import Column
from headgate.contract.detection import UnclearColumnError, detect
from headgate.contract.filling import fill
from headgate.contract.frames import named_series, plain_values
from headgate.contract.wording import did_you_mean
from headgate.errors import UsageError


def infer_columns(
    frame: pd.DataFrame,
    *,
    exclude: Collection[str] = (),
    declared: Sequence[Column] = (),
    textual: bool = False,
) -> tuple[Column, ...]:
    """Return a column for each of the frame's but the excluded, in the frame's order.

    A declared column stays as declared; its range (if neither end is given), categories, impute
    and example are filled in where open. ``textual`` says that strings are CSV cells.

    Raises:
        UsageError: naming every column that is declared but absent or excluded, has no usable
            value, or whose values no column type covers.
    """
    series = named_series(frame)
    wanted = {column.name: column for column in declared}
    wrong = [_misdeclared(name, series, exclude) for name in wanted]
    columns: list[Column] = []
    for name, one in series.items():
        if name not in exclude:
            try:
                columns.append(_settle(name, one, wanted.get(name), textual))
            except UnclearColumnError as err:
                wrong.append(str(err))
    if not series.keys() - set(exclude):
        wrong.append("the data has no column that could be a feature")
    if any(wrong):
        raise UsageError(f"The columns cannot be settled: {'; '.join(filter(None, wrong))}.")
    return tuple(columns)


def _misdeclared(name: str, known: Collection[str], exclude: Collection[str]) -> str:
    if name in exclude:
        return f"column {name!r} is declared as a feature but set apart (as the target or a key)"
    if name in known:
        return ""
    near = did_you_mean(name, [other for other in known if other not in exclude])
    return f"column {name!r} is declared but the data has none of that name{near}"


def _settle(name: str, series: pd.Series, declared: Column | None, textual: bool) -> Column:
    dates = declared is None or declared.type == "text"
    values = plain_values(series, dates=dates)
    return fill(declared or detect(name, values, textual=textual), values, textual=textual)
