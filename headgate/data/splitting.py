"""Which rows are the holdout: fixed by the row itself, never by position, seed or run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from headgate.contract.wording import did_you_mean
from headgate.data.fingerprints import row_fingerprints
from headgate.documents.rules import Split
from headgate.errors import UsageError

Values = Mapping[str, Sequence[object]]
Mask = npt.NDArray[np.bool_]
MAX_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Sides:
    """The rows to train on and the holdout; a row in the gap of a time split is in neither."""

    train: Mask
    holdout: Mask


def assign_holdout(values: Values, n_rows: int, split: Split) -> Sides:
    """Return each row's side.

    By hash, a row's side depends on its key (else its content, the target included) and nothing
    else, so that rows added later change no earlier row's side. ``group`` goes before ``key``.
    With ``time``, rows later than the last one less the horizon are the holdout; without a
    horizon it is the same fraction of the whole time. With a frozen holdout all rows train.

    Raises:
        UsageError: if a column of the split is missing, or a time cannot be read.
    """
    _check_columns(values, split)
    if split.holdout_uri is not None:
        return Sides(np.ones(n_rows, dtype=np.bool_), np.zeros(n_rows, dtype=np.bool_))
    if split.time is not None:
        return _by_time(values[split.time], split.time, split)
    keys = (split.group,) if split.group is not None else split.key or tuple(values)
    digests = row_fingerprints({name: values[name] for name in keys})
    holdout = digests / 2.0**64 < split.fraction
    return Sides(~holdout, holdout)


def _check_columns(values: Values, split: Split) -> None:
    used = (*split.key, *filter(None, (split.group, split.time)))
    wrong = [f"{name!r}{did_you_mean(name, values.keys())}" for name in used if name not in values]
    if wrong:
        raise UsageError(
            f"The split needs columns that the data does not have: {', '.join(wrong)}. "
            "Correct the spec's split."
        )


def _by_time(column: Sequence[object], name: str, split: Split) -> Sides:
    times = _seconds(column, name)
    last = times.max()
    horizon = split.horizon_seconds
    if horizon is None:
        horizon = float(last - times.min()) * split.fraction
    start = last - horizon
    return Sides(times <= start - split.gap_seconds, times > start)


def _seconds(column: Sequence[object], name: str) -> npt.NDArray[np.float64]:
    """Return times as seconds since 1970, in UTC where the text names no zone."""
    numbers = [isinstance(value, int | float) and value == value for value in column]
    parsed = pd.to_datetime(
        pd.Series(list(column), dtype=object), utc=True, format="ISO8601", errors="coerce"
    )
    unread = np.flatnonzero(parsed.isna().to_numpy() | np.array(numbers, dtype=np.bool_))
    if len(unread):
        shown = ", ".join(map(str, unread[:MAX_SHOWN])) + (", ..." if len(unread) > 5 else "")
        raise UsageError(
            f"The split's time column {name!r} cannot be read in {len(unread)} of "
            f"{len(parsed)} rows (rows {shown}). Write times as 2026-01-31 or "
            "2026-01-31T12:00:00Z, in every row."
        )
    since = (parsed - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)
    return np.asarray(since, dtype=np.float64)
