"""How CSV cells are read."""

import pytest

from headgate.contract import (
    BooleanColumn,
    CategoryColumn,
    Column,
    Contract,
    IntegerColumn,
    NumberColumn,
    TextColumn,
)

NUMBER = NumberColumn(name="x", nullable=True)
INTEGER = IntegerColumn(name="x", nullable=True)
BOOLEAN = BooleanColumn(name="x", nullable=True)
COLOUR = CategoryColumn(name="x", categories=("red", "?"), nullable=True)
PADDED = CategoryColumn(name="x", categories=(" red", "None"), nullable=True)
TEXT = TextColumn(name="x")


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        (NUMBER, " 1.5 ", 1.5),
        (NUMBER, "-1e3", -1000.0),
        (INTEGER, " 7", 7),
        (INTEGER, "7.0", 7),
        (INTEGER, "-9223372036854775808", -(2**63)),
        (INTEGER, "000000000000000000000007", 7),
        (BOOLEAN, "True", True),
        (BOOLEAN, " false", False),
        (BOOLEAN, "1", True),
        (COLOUR, " red ", "red"),
        (COLOUR, "?", "?"),
        (PADDED, " red", " red"),
        (PADDED, "None", "None"),
        (TEXT, " kept as it is ", " kept as it is "),
        (TEXT, "NA", "NA"),
        (TEXT, "", ""),
        (NUMBER, 2, 2.0),
    ],
)
def test_a_cell_is_read_as_its_columns_type(column: Column, cell: object, value: object) -> None:
    cleaned = Contract(columns=(column,)).clean([{"x": cell}], textual=True)

    assert cleaned.errors == {}
    assert cleaned.values["x"] == [value]
    assert type(cleaned.values["x"][0]) is type(value)


@pytest.mark.parametrize("cell", ["", " ", "NA", "NaN", "nan", "null", "None", " NA ", None])
@pytest.mark.parametrize("column", [NUMBER, INTEGER, BOOLEAN, COLOUR])
def test_a_missing_marker_is_missing(column: Column, cell: object) -> None:
    cleaned = Contract(columns=(column,)).clean([{"x": cell}], textual=True)

    assert cleaned.values["x"] == [None]


def test_an_empty_cell_of_nullable_text_is_missing() -> None:
    contract = Contract(columns=(TextColumn(name="x", nullable=True),))

    cleaned = contract.clean([{"x": ""}, {"x": "NA"}], textual=True)

    assert cleaned.values["x"] == [None, "NA"]


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        (NUMBER, "abc", "must be a number, found the string 'abc'"),
        (NUMBER, "1e999", "must be a finite number, found the string '1e999'"),
        (NUMBER, "-inf", "must be a finite number, found the string '-inf'"),
        (NUMBER, "1_000", "must be a number, found the string '1_000'"),
        (NUMBER, "١٢", "must be a number, found the string '١٢'"),
        (INTEGER, "3.5", "must be an integer, found the string '3.5'"),
        (INTEGER, "1_0", "must be an integer, found the string '1_0'"),
        (INTEGER, "9223372036854775808", "is too large"),
        (INTEGER, "9" * 5000, "is too large"),
        (INTEGER, "1e999", "must be an integer, found the string '1e999'"),
        (BOOLEAN, "yes", "must be true or false, found the string 'yes'"),
        (COLOUR, "blue", "must be one of 'red', '?', found the string 'blue'"),
    ],
)
def test_a_cell_of_another_type_is_refused(column: Column, cell: str, said: str) -> None:
    cleaned = Contract(columns=(column,)).clean([{"x": cell}], textual=True)

    assert [error.problem for error in cleaned.errors[0]] == [said]
