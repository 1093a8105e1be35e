"""CSV cells become what JSON would have said, and are cleaned the same from there on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.contract import (
    BooleanColumn,
    CategoryColumn,
    Contract,
    ImageColumn,
    IntegerColumn,
    NumberColumn,
    TextColumn,
)
from headgate.contract.cells import values_of_cells

CONTRACT = Contract(
    columns=(
        NumberColumn(name="number", minimum=0, maximum=9, nullable=True, policy="clip"),
        IntegerColumn(name="integer", nullable=True),
        BooleanColumn(name="boolean", nullable=True),
        CategoryColumn(name="category", categories=("a", "NA"), nullable=True),
        TextColumn(name="text", nullable=True),
        ImageColumn(name="image", nullable=True),
    )
)
CELLS = st.one_of(st.sampled_from(["", "NA", "nan", " 7 ", "1e2", "true", "0", "a"]), st.text())


@pytest.mark.parametrize(
    ("column", "cells", "values"),
    [
        ("number", [" 1.5", "", "NA", "x", "1_0"], [1.5, None, None, "x", "1_0"]),
        ("integer", ["3", "3.0", "3.5", "9" * 30], [3, 3, "3.5", "9" * 30]),
        ("boolean", ["TRUE", "0", "yes"], [True, False, "yes"]),
        ("category", [" a ", "NA", "", "b"], ["a", "NA", None, "b"]),
        ("text", [" as it is ", "NA", ""], [" as it is ", "NA", None]),
        ("image", ["", "abc"], [None, "abc"]),
        ("no column", ["", "1"], ["", "1"]),
    ],
)
def test_a_cell_is_read_as_its_column_reads_it(
    column: str, cells: list[str], values: list[object]
) -> None:
    assert values_of_cells(CONTRACT.columns, {column: cells}) == {column: values}


@given(
    st.fixed_dictionaries(
        {name: st.lists(CELLS, min_size=3, max_size=3) for name in CONTRACT.names}
    )
)
def test_cells_are_accepted_and_cleaned_as_a_file_of_them_would_be(
    cells: dict[str, list[str]],
) -> None:
    as_file = CONTRACT.clean_columns(cells, 3, textual=True)

    as_json = CONTRACT.clean_columns(values_of_cells(CONTRACT.columns, cells), 3)

    assert as_json.values == as_file.values
    assert as_json.flags == as_file.flags
    assert as_json.errors.keys() == as_file.errors.keys()
