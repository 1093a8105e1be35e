"""The target column: classes as they were meant, finite numbers, and nothing else."""

import math
from typing import Any

import pytest

from headgate.errors import UsageError
from headgate.training.targets import read_targets


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "0", "-2"], [1, 0, -2]),
        (["1", "a"], ["1", "a"]),
        (["007", "12"], ["007", "12"]),
        (["1.0", "2.0"], ["1.0", "2.0"]),
        (["True", "false"], [True, False]),
        (["yes", ""], ["yes", None]),
        (["1", "NA"], [1, None]),
    ],
)
def test_classes_of_csv_are_what_every_cell_can_be(cells: list[str], expected: list[Any]) -> None:
    targets = read_targets(cells, "y", "classification", textual=True)

    assert targets.values == expected
    assert [type(v) for v in targets.values] == [type(v) for v in expected]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([1, 2, None], [1, 2, None]),
        ([1.0, math.nan, 2.0], [1, None, 2]),
        ([True, False], [True, False]),
        (["a", "1"], ["a", "1"]),
    ],
)
def test_typed_classes_keep_their_type(given: list[Any], expected: list[Any]) -> None:
    targets = read_targets(given, "y", "classification", textual=False)

    assert targets.values == expected
    assert [type(v) for v in targets.values] == [type(v) for v in expected]


@pytest.mark.parametrize("given", [[1, "a"], [1.5, 2.5], [True, 1], [[1], [2]]])
def test_classes_of_several_types_or_none_are_refused(given: list[Any]) -> None:
    with pytest.raises(UsageError, match="classification"):
        read_targets(given, "y", "classification", textual=False)


def test_a_regression_quarantines_what_is_no_finite_number() -> None:
    given = [1, 2.5, None, math.nan, math.inf, True, "3"]

    targets = read_targets(given, "y", "regression", textual=False)

    assert targets.values[:2] == [1.0, 2.5]
    assert targets.problems == {
        2: "is missing",
        3: "is missing",
        4: "must be a finite number",
        5: "must be a finite number",
        6: "must be a finite number",
    }


def test_a_regression_reads_csv_text() -> None:
    targets = read_targets(["1", "2.5e3", "x", "inf"], "y", "regression", textual=True)

    assert targets.values == [1.0, 2500.0, None, None]
