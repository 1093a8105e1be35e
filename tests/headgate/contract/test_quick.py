"""The quick check of a column gives up, or gives exactly what looking at each value gives."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.contract import (
    BooleanColumn,
    CategoryColumn,
    Column,
    ImageColumn,
    IntegerColumn,
    NumberColumn,
    TextColumn,
)
from headgate.contract.cleaning import ColumnCleaner

COLUMNS: tuple[Column, ...] = tuple(
    column
    for nullable in (False, True)
    for column in (
        NumberColumn(name="open", nullable=nullable),
        NumberColumn(name="x", minimum=-1, maximum=2, policy="clip", nullable=nullable),
        IntegerColumn(name="n", minimum=0, maximum=9, policy="impute", impute=3, nullable=nullable),
        IntegerColumn(name="any", nullable=nullable),
        CategoryColumn(name="kind", categories=("a", "NA", ""), nullable=nullable),
        BooleanColumn(name="on", nullable=nullable),
        TextColumn(name="note", max_length=5, nullable=nullable),
        ImageColumn(name="picture", nullable=nullable),
    )
)
VALUES: st.SearchStrategy[object] = st.sampled_from(
    [
        *(None, True, False, 0, 1, -1, 5, 10, 2**63, 10**400, 0.0, -0.0, 1.0, 1.5, 1e308, 1e-320),
        *(float("nan"), float("inf"), float("-inf"), "", "a", "NA", "1", "-0", " 1", "1_0", "٣"),
        *("1e5", "true", "too long a text", "\ud800", [], {}),
    ]
)
ALIKE = st.one_of(
    *(
        st.lists(st.sampled_from(kind), max_size=5)
        for kind in ([0.5, 1.0, -1.0], [0, 1, 9], ["a", "NA"], [True, False], ["1", "0"])
    )
)


@given(st.sampled_from(COLUMNS), st.lists(VALUES, max_size=4) | ALIKE, st.booleans())
@settings(max_examples=1500, deadline=None)
def test_it_gives_what_each_value_gives_or_gives_up(
    column: Column, values: Sequence[object], textual: bool
) -> None:
    cleaner = ColumnCleaner(column, textual=textual)

    known, each = cleaner.known(values), cleaner.clean_each(values)

    if known is not None:
        assert repr(known) == repr(each.values)
        assert not each.errors
        assert not each.flags


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (NumberColumn(name="x"), [1.5, 2]),
        (NumberColumn(name="x", nullable=True), [1.5, None]),
        (IntegerColumn(name="n"), [1, 2]),
        (CategoryColumn(name="c", categories=("a", "b"), nullable=True), ["a", None, "b"]),
        (BooleanColumn(name="b"), [True, False]),
        (TextColumn(name="t"), ["a", "b"]),
    ],
    ids=["numbers", "gaps", "integers", "categories", "booleans", "texts"],
)
def test_it_does_not_give_up_on_what_is_usual(column: Column, values: list[object]) -> None:
    assert ColumnCleaner(column, textual=False).known(values) == values
