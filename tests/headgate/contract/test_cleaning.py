"""What each type of column accepts, and what its policy makes of the rest."""

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
from headgate.contract.columns import Policy, ValuePolicy
from headgate.errors import FieldError

NUMBER = NumberColumn(name="x")
INTEGER = IntegerColumn(name="x")
BOOLEAN = BooleanColumn(name="x")
TEXT = TextColumn(name="x", max_length=5)
COLOUR = CategoryColumn(name="x", categories=("red", "green"))


def clean_one(column: Column, value: object) -> tuple[object, tuple[str, ...]]:
    cleaned = Contract(columns=(column,)).clean([{column.name: value}])
    assert cleaned.errors == {}
    return cleaned.values[column.name][0], cleaned.flags.get(0, ())


def problem(column: Column, value: object) -> str:
    cleaned = Contract(columns=(column,)).clean([{column.name: value}])
    assert cleaned.accepted == []
    (error,) = cleaned.errors[0]
    assert error.field == column.name
    return error.problem


@pytest.mark.parametrize(
    ("column", "given", "kept"),
    [
        (NUMBER, 1.5, 1.5),
        (NUMBER, 3, 3.0),
        (INTEGER, 3, 3),
        (INTEGER, 3.0, 3),
        (INTEGER, 2**63 - 1, 2**63 - 1),
        (BOOLEAN, True, True),
        (TEXT, "", ""),
        (TEXT, "éèê€😀", "éèê€😀"),
        (COLOUR, "red", "red"),
    ],
)
def test_a_value_of_the_type_is_kept(column: Column, given: object, kept: object) -> None:
    value, flags = clean_one(column, given)

    assert value == kept
    assert type(value) is type(kept)
    assert flags == ()


@pytest.mark.parametrize(
    ("column", "given", "said"),
    [
        (NUMBER, "abc", "must be a number, found the string 'abc'"),
        (NUMBER, "1.5", "must be a number, found the string '1.5'"),
        (NUMBER, True, "must be a number, found true"),
        (NUMBER, float("nan"), "must be a finite number, found NaN"),
        (NUMBER, float("-inf"), "must be a finite number, found minus infinity"),
        (NUMBER, 10**400, "is too large"),
        (NUMBER, [1, 2], "must be a number, found a list"),
        (INTEGER, 3.5, "must be an integer, found the number 3.5"),
        (INTEGER, float("inf"), "must be an integer, found infinity"),
        (INTEGER, False, "must be an integer, found false"),
        (INTEGER, 2**63, "is too large"),
        (BOOLEAN, 1, "must be true or false, found the number 1"),
        (TEXT, {"a": 1}, "must be a string, found an object"),
        (TEXT, "sixsix", "must have at most 5 characters, found 6 characters"),
        (TEXT, "\ud800", "must be valid Unicode, found a lone surrogate"),
        (COLOUR, 1, "must be a string, found the number 1"),
        (COLOUR, "blue", "must be one of 'red', 'green', found the string 'blue'"),
        (NUMBER, None, "is missing"),
    ],
)
def test_a_wrong_value_is_refused_saying_what_was_expected_and_found(
    column: Column, given: object, said: str
) -> None:
    assert problem(column, given) == said


def test_an_integer_too_long_to_print_is_refused_all_the_same() -> None:
    assert problem(INTEGER, 10**5000) == "is too large"
    assert problem(BOOLEAN, 10**5000) == "must be true or false, found a very large number"


def test_what_was_found_is_never_shown_at_length() -> None:
    said = problem(NUMBER, "secret " * 1000)

    assert len(said) < 100


@pytest.mark.parametrize(
    ("policy", "kept", "flags"),
    [
        ("flag", 12.0, ("x:out_of_range",)),
        ("impute", 4.0, ("x:out_of_range",)),
        ("clip", 10.0, ("x:out_of_range",)),
    ],
)
def test_a_number_outside_the_range_is_treated_by_the_policy(
    policy: Policy, kept: float, flags: tuple[str, ...]
) -> None:
    column = NumberColumn(name="x", minimum=0, maximum=10, policy=policy, impute=4)

    assert clean_one(column, 12) == (kept, flags)
    assert clean_one(column, 10) == (10.0, ())


def test_a_number_outside_the_range_is_refused_under_reject() -> None:
    column = NumberColumn(name="x", minimum=0, maximum=10, policy="reject")

    assert problem(column, -0.5) == "must be between 0.0 and 10.0, found the number -0.5"
    assert clean_one(column, 0) == (0.0, ())


def test_an_integer_is_clipped_to_an_integer() -> None:
    value, flags = clean_one(IntegerColumn(name="x", maximum=10, policy="clip"), 11)

    assert value == 10
    assert type(value) is int
    assert flags == ("x:out_of_range",)


@pytest.mark.parametrize(("policy", "kept"), [("flag", "blue"), ("impute", "red")])
def test_an_unknown_category_is_treated_by_the_policy(policy: ValuePolicy, kept: str) -> None:
    column = CategoryColumn(name="x", categories=("red", "green"), policy=policy, impute="red")

    assert clean_one(column, "blue") == (kept, ("x:unknown_category",))
    assert clean_one(column, "green") == ("green", ())


@pytest.mark.parametrize("policy", ["reject", "flag", "clip"])
def test_a_missing_value_cannot_be_flagged_or_clipped(policy: Policy) -> None:
    assert problem(NumberColumn(name="x", policy=policy), None) == "is missing"


def test_a_missing_value_is_imputed_and_flagged_where_null_is_not_accepted() -> None:
    column = NumberColumn(name="x", policy="impute", impute=4)

    assert clean_one(column, None) == (4.0, ("x:missing",))
    assert clean_one(column.model_copy(update={"nullable": True}), None) == (None, ())


def test_a_category_list_in_an_error_is_short() -> None:
    column = CategoryColumn(name="x", categories=tuple(f"c{i:03}" for i in range(100)))

    assert "'c004', ... (100 in all)" in problem(column, "?")


def test_all_problems_of_all_rows_are_reported_at_once() -> None:
    contract = Contract(columns=(NUMBER, INTEGER.model_copy(update={"name": "y"})))

    cleaned = contract.clean([{"x": "a", "y": "b"}, {"x": 1, "y": 2}, {"x": None}])

    assert cleaned.accepted == [1]
    assert cleaned.values == {"x": [1.0], "y": [2]}
    assert {at: [e.field for e in errors] for at, errors in cleaned.errors.items()} == {
        0: ["x", "y"],
        2: ["x", "y"],
    }


def test_a_refused_row_has_no_flags() -> None:
    contract = Contract(columns=(NumberColumn(name="x", maximum=1), TextColumn(name="y")))

    cleaned = contract.clean([{"x": 5, "y": 1}, {"x": 5, "y": "a"}])

    assert cleaned.flags == {1: ("x:out_of_range",)}


def test_an_absent_key_is_missing_or_null() -> None:
    nullable = Contract(columns=(NumberColumn(name="x", nullable=True),))

    assert Contract(columns=(NUMBER,)).clean([{}]).errors == {0: (FieldError("x", "is missing"),)}
    assert nullable.clean([{}]).values == {"x": [None]}


@pytest.mark.parametrize("row", [[1, 2], "x", None, 5])
def test_what_is_no_object_is_refused_as_a_whole(row: object) -> None:
    (error,) = Contract(columns=(NUMBER,)).clean([row, {"x": 1}]).errors[0]

    assert error.field == ""
    assert error.problem.startswith("must be an object of columns, found ")
