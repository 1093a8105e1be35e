"""Keys that are not columns: named, with the nearest column, at bounded cost."""

from headgate.contract import Contract, NumberColumn
from headgate.errors import FieldError

CONTRACT = Contract(columns=(NumberColumn(name="sepal_length"), NumberColumn(name="sepal_width")))
ROW: dict[object, int] = {"sepal_length": 1, "sepal_width": 2}


def test_an_unknown_key_names_the_nearest_column() -> None:
    cleaned = CONTRACT.clean([{**ROW, "sepal_widht": 2}])

    problem = "is not a column of this model; did you mean 'sepal_width'?"
    assert cleaned.errors == {0: (FieldError("sepal_widht", problem),)}


def test_an_unknown_key_like_no_column_is_named_alone() -> None:
    cleaned = CONTRACT.clean([{**ROW, "zz": 2}])

    assert cleaned.errors == {0: (FieldError("zz", "is not a column of this model"),)}


def test_many_unknown_keys_are_counted_not_listed() -> None:
    strangers: dict[object, int] = {f"key{i}": 1 for i in range(1000)}

    cleaned = CONTRACT.clean([ROW | strangers])

    assert len(cleaned.errors[0]) == 21
    assert cleaned.errors[0][-1].problem == "980 more keys are not columns of this model"


def test_a_strange_key_is_reported_in_a_form_that_can_be_sent() -> None:
    row = {**ROW, "\ud800" + "k" * 500: 1, 7: 1}

    cleaned = CONTRACT.clean([row])

    fields = [error.field for error in cleaned.errors[0]]
    assert fields[0].startswith("\\ud800kkk")
    assert len(fields[0].encode()) < 120
    assert fields[1] == "the number 7"


def test_an_unknown_column_of_a_table_refuses_every_row_unless_skipped() -> None:
    table: dict[str, list[object]] = {
        "sepal_length": [1, 2],
        "sepal_width": [1, 2],
        "kind": ["a", "b"],
    }

    refused = CONTRACT.clean_columns(table, 2)
    skipped = CONTRACT.clean_columns(table, 2, skip=frozenset({"kind"}))

    assert set(refused.errors) == {0, 1}
    assert skipped.accepted == [0, 1]
    assert set(skipped.values) == {"sepal_length", "sepal_width"}


def test_an_absent_column_of_a_table_is_missing_in_every_row() -> None:
    cleaned = CONTRACT.clean_columns({"sepal_length": [1, 2]}, 2)

    missing = (FieldError("sepal_width", "is missing"),)
    assert cleaned.errors == {0: missing, 1: missing}
