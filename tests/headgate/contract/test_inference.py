"""What is read from training data, typed or from CSV."""

import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.contract import (
    BooleanColumn,
    CategoryColumn,
    Column,
    Contract,
    ImageColumn,
    IntegerColumn,
    NumberColumn,
    TextColumn,
)
from headgate.contract.frames import columns_of, to_frame
from headgate.contract.inference import infer_columns
from headgate.contract.parsing import MISSING_MARKERS
from headgate.errors import UsageError
from tests.headgate.contract.pictures import sound_png
from tests.headgate.contract.strategies import patient


def infer_cells(*cells: str | None) -> Column:
    frame = pd.DataFrame({"x": pd.Series(cells, dtype=object)})
    (column,) = infer_columns(frame, textual=True)
    return column


def infer_typed(series: "pd.Series") -> Column:
    (column,) = infer_columns(series.to_frame("x"))
    return column


WHOLE = IntegerColumn(name="x", minimum=1, maximum=5, impute=2, example=2)
NUMBER = NumberColumn(name="x", minimum=0.5, maximum=5, impute=2, example=2)
COLOUR = CategoryColumn(name="x", categories=("blue", "red"), impute="red", example="red")
COLOUR_OR_NULL = COLOUR.model_copy(update={"nullable": True})
MEMBER = BooleanColumn(name="x", impute=True, example=True)


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        (("1", " 2", "5"), WHOLE),
        (("1", "2", "5", ""), WHOLE.model_copy(update={"nullable": True})),
        (("1", "2", "5", "NA", None), WHOLE.model_copy(update={"nullable": True})),
        (("0.5", "2", "5e0"), NUMBER),
        (("0.5", "2", "5.", "inf"), NUMBER),
        (("red", " blue", "red", "blue ", "red"), COLOUR),
        (("red", "blue", "red", "blue", "red", "null"), COLOUR_OR_NULL),
        (("True", "false", "TRUE"), MEMBER),
    ],
)
def test_cells_are_the_narrowest_type_that_reads_them_all(
    cells: tuple[str | None, ...], column: Column
) -> None:
    assert infer_cells(*cells) == column


@pytest.mark.parametrize("cells", [("007", "012"), ("9" * 20, "1"), ("1", "abc"), ("1_0", "2")])
def test_codes_are_not_numbers(cells: tuple[str, ...]) -> None:
    assert isinstance(infer_cells(*cells), TextColumn)
    assert isinstance(infer_cells(*cells * 2), CategoryColumn)


@pytest.mark.parametrize(
    ("series", "column"),
    [
        (pd.Series([1, 2, 5]), WHOLE),
        (pd.Series([1, 2, 5, None], dtype="Int64"), WHOLE.model_copy(update={"nullable": True})),
        (pd.Series([0.5, 2, 5]), NUMBER),
        (pd.Series([0.5, 2, 5, None]), NUMBER.model_copy(update={"nullable": True})),
        (pd.Series(["red", "blue", "red", "blue", "red"]), COLOUR),
        (pd.Series(["red", "blue", "red", "blue", "red"], dtype="category"), COLOUR),
        (pd.Series([True, False, True]), MEMBER),
        (
            pd.Series([True, False, True, None], dtype=object),
            MEMBER.model_copy(update={"nullable": True}),
        ),
    ],
)
def test_a_typed_column_keeps_its_type(series: "pd.Series", column: Column) -> None:
    assert infer_typed(series) == column


def test_typed_strings_are_not_read_as_numbers() -> None:
    assert isinstance(infer_typed(pd.Series(["1", "2", "1", "2"])), CategoryColumn)


def test_categories_are_few_short_and_repeated_else_it_is_text() -> None:
    assert isinstance(infer_cells(*[f"c{i}" for i in range(100)] * 2), CategoryColumn)
    assert isinstance(infer_cells(*[f"c{i}" for i in range(101)] * 2), TextColumn)
    assert isinstance(infer_cells("a", "b", "a"), TextColumn)
    assert isinstance(infer_cells("a" * 99, "a" * 99), CategoryColumn)
    assert isinstance(infer_cells("a" * 100, "a" * 100), TextColumn)


def test_many_distinct_integers_stay_integers() -> None:
    assert isinstance(infer_typed(pd.Series(range(10_000))), IntegerColumn)


def test_text_is_taken_as_written_and_only_an_empty_cell_is_missing() -> None:
    column = infer_cells(" I like it ", "NA", "No.")

    assert column == TextColumn(name="x")
    assert infer_cells("One.", "", "Two.").nullable


def test_dates_are_text() -> None:
    column = infer_typed(pd.Series([pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-02")]))

    assert column == TextColumn(name="x")


def test_pictures_are_an_image_column() -> None:
    assert infer_cells(sound_png(), sound_png()) == ImageColumn(name="x")


def test_the_order_is_the_frames_and_excluded_columns_are_left_out() -> None:
    frame = pd.DataFrame({"b": [1, 2], "target": [0, 1], "a": [0.5, 1.5]})

    columns = infer_columns(frame, exclude=("target",))

    assert [column.name for column in columns] == ["b", "a"]


def test_a_declared_column_stays_and_what_it_left_open_is_filled_in() -> None:
    frame = pd.DataFrame(
        {"n": [1, 2, 90, 300], "c": ["a", "b", "b", "z"], "k": ["1", "2", "2", "9"]}
    )
    declared = (
        NumberColumn(name="n", minimum=0, maximum=100, policy="clip"),
        CategoryColumn(name="c", impute="other", policy="impute"),
        CategoryColumn(name="k", categories=("1", "2")),
    )

    n, c, k = infer_columns(frame, declared=declared)

    assert n == declared[0].model_copy(update={"impute": 2.0, "example": 2.0})
    assert c == CategoryColumn(
        name="c", categories=("a", "b", "other", "z"), impute="other", policy="impute", example="b"
    )
    assert k == declared[2].model_copy(update={"impute": "2", "example": "2"})


def test_one_given_end_of_a_range_is_taken_as_meant() -> None:
    frame = pd.DataFrame({"n": [1, 2, 3], "m": [1, 2, 3]})

    n, m = infer_columns(
        frame, declared=(IntegerColumn(name="n", minimum=0), IntegerColumn(name="m", impute=9))
    )

    assert isinstance(n, IntegerColumn)
    assert isinstance(m, IntegerColumn)
    assert (n.minimum, n.maximum) == (0, None)
    assert (m.minimum, m.maximum) == (1, 9)


def test_every_column_that_cannot_be_settled_is_named() -> None:
    frame = pd.DataFrame(
        {
            "empty": [None, None],
            "mixed": pd.Series([1, "a"], dtype=object),
            "target": [0, 1],
            "width": [1.0, 2.0],
        }
    )
    declared = (NumberColumn(name="widht"), NumberColumn(name="target"))

    with pytest.raises(UsageError) as caught:
        infer_columns(frame, exclude=("target",), declared=declared)

    sentence = str(caught.value)
    assert "column 'empty' has no usable value: drop it" in sentence
    assert "column 'mixed' holds values of type int, str" in sentence
    assert "column 'widht' is declared but the data has none" in sentence
    assert "did you mean 'width'?" in sentence
    assert "column 'target' is declared as a feature but set apart" in sentence


def test_data_without_features_is_refused() -> None:
    with pytest.raises(UsageError, match="no column that could be a feature"):
        infer_columns(pd.DataFrame({"y": [1]}), exclude=("y",))


def test_csv_and_typed_data_lead_to_the_same_contract_and_the_same_frame() -> None:
    typed = pd.DataFrame({"a": [1, 2, 3, 4], "b": [0.5, None, 2.5, 1.0], "c": ["x", "y", "x", "y"]})
    text = io.StringIO(typed.to_csv(index=False))
    cells = pd.read_csv(text, dtype=str, keep_default_na=False)

    from_typed = Contract(columns=infer_columns(typed))
    from_cells = Contract(columns=infer_columns(cells, textual=True))

    assert from_cells == from_typed
    one = from_typed.clean_columns(columns_of(typed, from_typed), 4)
    other = from_cells.clean_columns(columns_of(cells, from_cells), 4, textual=True)
    pd.testing.assert_frame_equal(
        to_frame(from_typed, one.values), to_frame(from_cells, other.values)
    )


def test_every_training_row_is_accepted_by_the_contract_inferred_from_it() -> None:
    frame = pd.DataFrame({"a": ["1", "", "3"], "b": ["x", "NA", "x"], "t": ["p q", "r", "NA"]})
    contract = Contract(columns=infer_columns(frame, textual=True))

    cleaned = contract.clean_columns(columns_of(frame, contract), 3, textual=True)

    assert cleaned.accepted == [0, 1, 2]
    assert cleaned.flags == {}


ONE_COLUMN = st.one_of(
    st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=1),
    st.lists(st.none() | st.integers(min_value=-(2**63), max_value=2**63 - 1), min_size=1),
    st.lists(st.none() | st.booleans(), min_size=1),
    st.lists(st.none() | st.text(max_size=5), min_size=1),
    st.lists(st.sampled_from(["", "NA", "1", "-2.5", "true", "red", " red", "1e5", "007", "inf"])),
)


@patient
@given(ONE_COLUMN, st.booleans())
def test_a_contract_accepts_every_finite_row_it_was_inferred_from(
    values: list[object], textual: bool
) -> None:
    frame = pd.DataFrame({"x": pd.Series(values, dtype=object)})
    try:
        contract = Contract(columns=infer_columns(frame, textual=textual))
    except UsageError:
        # Only data without any usable value is refused here.
        assert all(value is None or str(value).strip() in MISSING_MARKERS for value in values)
        return

    cleaned = contract.clean_columns(columns_of(frame, contract), len(values), textual=textual)

    infinite = [at for at, value in enumerate(values) if value == "inf"]
    assert set(cleaned.errors) <= set(infinite)
    assert cleaned.flags == {}
