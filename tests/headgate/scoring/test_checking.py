"""Outputs that are no answers are found, however they are wrong; those that are pass."""

import numpy as np
import pytest

from headgate.scoring.answers import Outputs
from headgate.scoring.checking import problems_of

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    "rows",
    [
        [[0.5, 0.5], [1.0, 0.0]],
        [[0.4999, 0.5], [1.0005, -0.0005]],
        [[0.9995, 0.0], [0.0, 1.0009]],
    ],
    ids=["exact", "nearly", "within the tolerance"],
)
def test_probabilities_pass(rows: list[list[float]]) -> None:
    assert problems_of(Outputs(probabilities=np.array(rows)), 2, 2) == []


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([[0.5, 0.25], [1.0, 0.0]], "probability does not sum to one for 1 of 2 rows"),
        ([[1.5, -0.5], [1.0, 0.0]], "probability does not sum to one for 1 of 2 rows"),
        ([[NAN, 1.0], [1.0, 0.0]], "probability is not finite for 1 of 2 rows"),
        ([[INF, -INF], [1.0, 0.0]], "probability is not finite for 2 of 2 rows"),
        ([[1.0, 0.0]], "probability has shape (1, 2) instead of (2, 2)"),
    ],
    ids=["sum", "negative", "nan", "infinite", "shape"],
)
def test_what_is_no_probability_is_named(rows: list[list[float]], problem: str) -> None:
    assert problems_of(Outputs(probabilities=np.array(rows)), 2, 2) == [problem]


def test_numbers_must_be_finite_and_one_a_row() -> None:
    assert problems_of(Outputs(values=np.array([1.0, 2.0])), 2, 0) == []
    assert problems_of(Outputs(values=np.array([1.0, NAN])), 2, 0) == [
        "prediction is not finite for 1 of 2 rows"
    ]
    assert "shape" in problems_of(Outputs(values=np.array([1.0])), 2, 0)[0]


def test_classes_must_be_one_a_row() -> None:
    assert problems_of(Outputs(class_index=np.array([0, 1])), 2, 2) == []
    assert "shape" in problems_of(Outputs(class_index=np.array([0])), 2, 2)[0]
