import math
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.data.fingerprints import canonical_text, frame_sha256, row_fingerprints

Columns = dict[str, list[object]]
# What stored versions hold; if these change, every earlier holdout is lost.
FROZEN = ["0bfc86ed243cf1ba", "a7a734dc67a94951"]


@pytest.mark.parametrize(
    "same",
    [
        (5, 5.0, "5", "5.0", "+5", np.int64(5), np.float32(5), Decimal(5)),
        (0.1, "0.1", "0.10", np.float64(0.1), "1e-1"),
        (-0.0, 0, "0", "-0"),
        (True, np.array([True])[0]),
        (None, math.nan, np.nan, pd.NA, pd.NaT),
        ("abc", np.str_("abc")),
        (10**17, "100000000000000000", 1e17),
        (datetime(2026, 1, 2, tzinfo=UTC), pd.Timestamp("2026-01-02", tz="UTC")),
    ],
)
def test_a_value_has_one_text_wherever_it_came_from(same: tuple[object, ...]) -> None:
    assert len({canonical_text(value) for value in same}) == 1


def test_different_values_have_different_texts() -> None:
    different: list[object] = [
        0,
        1,
        True,
        False,
        None,
        "",
        "None",
        "True",
        "007",
        7,
        "1e5x",
        "nan",
        -1,
        0.5,
    ]
    different += [2**53 + 2, 2**53 + 3, "a", b"a", math.inf, -math.inf, "-"]

    assert len({canonical_text(value) for value in different}) == len(different)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_the_same_as_its_text(number: float) -> None:
    assert canonical_text(number) == canonical_text(repr(number))


@given(st.integers(-(10**25), 10**25))
def test_an_integer_is_the_same_as_its_digits(number: int) -> None:
    assert canonical_text(number) == canonical_text(str(number))


@given(st.text())
def test_any_text_can_be_fingerprinted(text: str) -> None:
    assert len(row_fingerprints({"a": [text, "\ud800"]})) == 2


def test_csv_and_typed_rows_have_the_same_fingerprints() -> None:
    text: Columns = {"n": ["1", "2.50"], "c": ["x", "y"]}
    typed: Columns = {"c": ["x", "y"], "n": [1.0, 2.5]}

    assert (row_fingerprints(text) == row_fingerprints(typed)).all()


@pytest.mark.parametrize(
    "pair",
    [
        ({"a": ["1:x"], "b": ["y"]}, {"a": ["1"], "b": ["x:y"]}),
        ({"a": ["ab"], "b": ["c"]}, {"a": ["a"], "b": ["bc"]}),
        ({"a": ["x"], "b": [None]}, {"a": [None], "b": ["x"]}),
        ({"a": ["x"]}, {"b": ["x"]}),
    ],
)
def test_cells_and_columns_cannot_run_into_each_other(
    pair: tuple[Columns, Columns],
) -> None:
    one, other = map(row_fingerprints, pair)

    assert one[0] != other[0]


def test_fingerprints_never_change_between_releases() -> None:
    found = row_fingerprints({"n": [1, 2.5], "c": ["x", None]})

    assert [f"{value:016x}" for value in found.tolist()] == FROZEN


def test_a_frame_is_known_by_its_content_in_its_order() -> None:
    frame = pd.DataFrame({"n": [1, 2], "c": ["x", "y"]})

    assert frame_sha256(frame) == frame_sha256(frame[["c", "n"]].astype(str))
    assert frame_sha256(frame) != frame_sha256(frame[::-1])
    assert frame_sha256(frame) != frame_sha256(frame[:1])
    assert len(frame_sha256(frame)) == 64
