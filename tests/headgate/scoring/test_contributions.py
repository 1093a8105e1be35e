"""Contributions add up, and are exact wherever they can be."""

from collections.abc import Mapping, Sequence

import numpy as np
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
from headgate.scoring.contributions import (
    MOST_EXACT_COLUMNS,
    MOST_ROWS,
    Floats,
    Score,
    baseline_row,
    explain,
)

Columns = Mapping[str, Sequence[object]]


def row_of(values: Sequence[float]) -> dict[str, object]:
    return {f"x{i:02d}": value for i, value in enumerate(values)}


def matrix(columns: Columns, n_rows: int) -> Floats:
    return np.array(list(columns.values()), dtype=np.float64).reshape(-1, n_rows).T


def linear(weights: Sequence[float]) -> Score:
    return lambda columns, n_rows: matrix(columns, n_rows) @ np.array(weights)


def product(columns: Columns, n_rows: int) -> Floats:
    found: Floats = np.prod(matrix(columns, n_rows), axis=1)
    return found


@pytest.mark.parametrize("n", [1, 4, MOST_EXACT_COLUMNS, MOST_EXACT_COLUMNS + 1, 30])
def test_an_additive_model_gets_its_weights_times_the_distance_from_the_baseline(n: int) -> None:
    weights, values, base = np.arange(n) - 2.5, np.arange(n) * 3.0 + 1, np.full(n, -1.0)

    found = explain(row_of(values.tolist()), row_of(base.tolist()), linear(weights.tolist()))

    assert list(found.contributions.values()) == pytest.approx((weights * (values - base)).tolist())
    assert found.baseline == pytest.approx(float(weights @ base))


@pytest.mark.parametrize("n", [5, 12])
def test_contributions_add_up_to_the_answer_less_the_baseline(n: int) -> None:
    row, base = row_of([1.5 + i / 7 for i in range(n)]), row_of([1.0] * n)

    found = explain(row, base, product)

    answer = float(np.prod([1.5 + i / 7 for i in range(n)]))
    assert sum(found.contributions.values()) == pytest.approx(answer - found.baseline)


def test_columns_that_only_act_together_share_what_they_do() -> None:
    found = explain(row_of([3.0, 4.0]), row_of([0.0, 0.0]), product)

    assert found.contributions == {"x00": 6.0, "x01": 6.0}


def test_a_column_at_its_baseline_contributes_nothing() -> None:
    found = explain(row_of([2.0, 7.0]), row_of([1.0, 7.0]), product)

    assert found.contributions == {"x00": 7.0, "x01": 0.0}


def test_a_row_that_is_the_baseline_has_nothing_to_explain() -> None:
    found = explain(row_of([2.0, 7.0]), row_of([2.0, 7.0]), product)

    assert set(found.contributions.values()) == {0.0}
    assert found.baseline == 14.0


def test_equal_questions_get_equal_answers() -> None:
    row, base = row_of([float(i) for i in range(2, 17)]), row_of([1.0] * 15)

    assert explain(row, base, product) == explain(row, base, product)


@pytest.mark.parametrize("n", [8, 9, 30, 500, 1500])
def test_the_cost_is_one_call_of_bounded_size(n: int) -> None:
    calls: list[int] = []

    def counted(columns: Columns, n_rows: int) -> Floats:
        calls.append(n_rows)
        return product(columns, n_rows)

    explain(row_of([1.0] * n), row_of([0.0] * n), counted)

    assert len(calls) == 1
    assert calls[0] <= max(MOST_ROWS, 2 * n)


def test_the_baseline_is_what_the_contract_keeps_as_typical_and_is_accepted() -> None:
    contract = Contract(
        columns=(
            NumberColumn(name="number", minimum=0, maximum=10, impute=3.0, example=9.0),
            IntegerColumn(name="integer", minimum=0, maximum=10),
            CategoryColumn(name="category", categories=("a", "b"), impute="b"),
            BooleanColumn(name="boolean", impute=True),
            TextColumn(name="text", example="Something private"),
            ImageColumn(name="image"),
        )
    )

    row = baseline_row(contract)

    assert not contract.clean([row]).errors
    assert row | {"image": ""} == {
        "number": 3.0,
        "integer": 5,
        "category": "b",
        "boolean": True,
        "text": "",
        "image": "",
    }
