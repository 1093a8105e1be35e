"""The dtypes an estimator sees are fixed by the contract, in training and in serving."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from headgate.contract import (
    BooleanColumn,
    CategoryColumn,
    Contract,
    ImageColumn,
    IntegerColumn,
    NumberColumn,
    TextColumn,
)
from headgate.contract.frames import columns_of, to_frame
from headgate.errors import UsageError
from tests.headgate.contract.pictures import sound_png

CONTRACT = Contract(
    columns=(
        NumberColumn(name="number"),
        IntegerColumn(name="whole"),
        IntegerColumn(name="whole_or_null", nullable=True),
        CategoryColumn(name="colour", categories=("red",), nullable=True),
        TextColumn(name="text", nullable=True),
        ImageColumn(name="image", nullable=True),
        BooleanColumn(name="member"),
        BooleanColumn(name="member_or_null", nullable=True),
    )
)
DTYPES = ["float64", "int64", "float64", "object", "object", "object", "bool", "object"]
VALUES: dict[str, list[object]] = {
    "member_or_null": [True, None],
    "number": [1.5, 2.0],
    "whole": [1, 2],
    "whole_or_null": [1, None],
    "colour": ["red", None],
    "text": ["a", None],
    "image": [sound_png(), None],
    "member": [True, False],
}


@pytest.mark.parametrize("n_rows", [0, 1, 2])
def test_the_dtypes_and_the_order_do_not_depend_on_the_values(n_rows: int) -> None:
    frame = to_frame(CONTRACT, {name: values[:n_rows] for name, values in VALUES.items()})

    assert list(frame.columns) == list(CONTRACT.names)
    assert [str(dtype) for dtype in frame.dtypes] == DTYPES
    assert len(frame) == n_rows


def test_missing_is_nan_but_the_empty_string_in_text() -> None:
    frame = to_frame(CONTRACT, VALUES)

    last = frame.iloc[1].to_dict()
    assert last["text"] == ""
    for name in ("whole_or_null", "colour", "image", "member_or_null"):
        assert isinstance(last[name], float)
        assert np.isnan(last[name])


def test_a_frame_made_by_the_contract_is_read_back_as_it_was() -> None:
    frame = to_frame(CONTRACT, VALUES)

    cleaned = CONTRACT.clean_columns(columns_of(frame, CONTRACT), 2)

    assert cleaned.errors == {}
    assert cleaned.values == {**VALUES, "text": ["a", ""]}


@pytest.mark.parametrize(
    "series",
    [
        pd.Series([1, None], dtype="Int64"),
        pd.Series([1, None], dtype="float64"),
        pd.Series([1, None], dtype="float32"),
        pd.Series([np.int16(1), pd.NA], dtype=object),
        pd.Series([Decimal(1), None], dtype=object),
        pd.Series([1, None], dtype="category"),
    ],
)
def test_every_kind_of_missing_is_none_and_numpy_is_plain_python(series: pd.Series) -> None:
    contract = Contract(columns=(IntegerColumn(name="x", nullable=True),))

    columns = columns_of(series.to_frame("x"), contract)

    assert columns == {"x": [1, None]}
    assert type(columns["x"][0]) in (int, float)
    assert contract.clean_columns(columns, 2).values == {"x": [1, None]}


def test_dates_are_iso_text_in_a_text_column_only() -> None:
    day = pd.Series([pd.Timestamp("2024-02-29 12:00"), pd.NaT])
    contract = Contract(columns=(TextColumn(name="day", nullable=True),))

    columns = columns_of(pd.DataFrame({"day": day, "other": day}), contract)

    assert columns["day"] == ["2024-02-29T12:00:00", None]
    assert isinstance(columns["other"][0], datetime.datetime)


def test_columns_the_contract_does_not_have_are_kept_for_cleaning_to_name() -> None:
    frame = pd.DataFrame({"x": ["a", None], 7: [True, False]})

    columns = columns_of(frame, Contract(columns=(TextColumn(name="x"),)))

    assert columns == {"x": ["a", None], "7": [True, False]}


def test_two_columns_of_one_name_are_refused() -> None:
    frame = pd.DataFrame([[1, 2]], columns=["x", "x"])

    with pytest.raises(UsageError, match="more than one column named 'x'"):
        columns_of(frame, CONTRACT)
