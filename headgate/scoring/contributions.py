"""What each column of a row contributed to its answer: Shapley values of the served form itself.

The method is Shapley's, as Strumbelj and Kononenko apply it to a model's answers ("Explaining
prediction models and individual predictions with feature contributions", 2014): a column's value
is what replacing the baseline's cell by the row's own changes, averaged over the orders in which
all the columns can be replaced. The baseline is one row, of the typical values that the contract
keeps: the training median or mode of a column unless its spec says otherwise, an empty text, a
white pixel. Columns that stand at their baseline contribute nothing. With up to 8 others the
average is over all orders, so it is exact; with more it is over orders drawn with a fixed seed,
each with its reverse. Either way the contributions add up to the answer less the baseline's, and
for a model that adds its columns up they are exact.

The cost is one scoring call of at most 2,048 rows (or 2 for each column, where that is more). A
text or a picture is one column: what its words or pixels contribute is not told.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray

from headgate.contract import Contract, TextColumn
from headgate.contract.domains import impute_of
from headgate.contract.schema import example_row

MOST_EXACT_COLUMNS = 8
MOST_ROWS = 2048
SEED = 20

Floats = NDArray[np.float64]
Coalitions = NDArray[np.bool_]
Score = Callable[[Mapping[str, Sequence[object]], int], Floats]
"""Answers whole columns of so many rows by one number each."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The contributions by column; ``baseline`` is the answer to the baseline row."""

    contributions: dict[str, float]
    baseline: float


def baseline_row(contract: Contract) -> dict[str, object]:
    """Return the row that answers are compared with."""
    typical = {c.name: impute_of(c) for c in contract.columns}
    empty = {c.name: "" for c in contract.columns if isinstance(c, TextColumn)}
    known = {name: value for name, value in typical.items() if value is not None}
    return {**example_row(contract.columns), **known, **empty}


def explain(row: Mapping[str, object], baseline: Mapping[str, object], score: Score) -> Explanation:
    """Return what each column of a clean row contributed to its score.

    >>> def total(columns, n_rows):
    ...     return np.add(columns["a"], np.multiply(3, columns["b"]))
    >>> explain({"a": 2.0, "b": 5.0}, {"a": 1.0, "b": 1.0}, total)
    Explanation(contributions={'a': 1.0, 'b': 12.0}, baseline=4.0)
    """
    moved = [name for name, value in row.items() if value != baseline[name]]

    def asked(coalitions: Coalitions) -> Floats:
        return score(_mixed(row, baseline, moved, coalitions), len(coalitions))

    if len(moved) <= MOST_EXACT_COLUMNS:
        scores = asked(_subsets(len(moved)))
        values = _exact(scores, len(moved))
    else:
        orders = _orders(len(moved))
        scores = asked(_walks(orders))
        values = _averaged(scores, orders)
    found = dict(zip(moved, values.tolist(), strict=True))
    return Explanation({name: found.get(name, 0.0) for name in row}, float(scores[0]))


def _mixed(
    row: Mapping[str, object],
    baseline: Mapping[str, object],
    moved: Sequence[str],
    coalitions: Coalitions,
) -> dict[str, list[object]]:
    """Return a row for each coalition: its columns from the row, the others from the baseline."""
    columns = {name: [value] * len(coalitions) for name, value in row.items()}
    for name, members in zip(moved, coalitions.T.tolist(), strict=True):
        columns[name] = [row[name] if member else baseline[name] for member in members]
    return columns


def _subsets(n: int) -> Coalitions:
    """Return all subsets of ``n`` columns, the empty one first; bit i of its place is column i."""
    places = np.arange(2**n)[:, None]
    return (places >> np.arange(n) & 1).astype(np.bool_)


def _exact(scores: Floats, n: int) -> Floats:
    places = np.arange(2**n)
    sizes = _subsets(n).sum(axis=1)
    weights = np.array([factorial(s) * factorial(n - s - 1) / factorial(n) for s in range(n)])
    values = np.zeros(n)
    for i in range(n):
        without = places[places >> i & 1 == 0]
        values[i] = weights[sizes[without]] @ (scores[without | 1 << i] - scores[without])
    return values


def _orders(n: int) -> NDArray[np.intp]:
    """Return orders of ``n`` columns and the reverse of each, as many as the rows allow."""
    generator = np.random.default_rng(SEED)
    n_pairs = max(1, (MOST_ROWS - 2) // (2 * (n - 1)))
    drawn = np.array([generator.permutation(n) for _ in range(n_pairs)], dtype=np.intp)
    return np.concatenate([drawn, drawn[:, ::-1]])


def _walks(orders: NDArray[np.intp]) -> Coalitions:
    """Return the empty subset, the whole one, and those each order passes on the way."""
    n = orders.shape[1]
    joined_at = np.argsort(orders, axis=1)
    between = joined_at[:, None, :] < np.arange(1, n)[None, :, None]
    ends = np.array([[False] * n, [True] * n])
    return np.concatenate([ends, between.reshape(-1, n)])


def _averaged(scores: Floats, orders: NDArray[np.intp]) -> Floats:
    n_orders, n = orders.shape
    empty, whole = np.full((n_orders, 1), scores[0]), np.full((n_orders, 1), scores[1])
    along = np.concatenate([empty, scores[2:].reshape(n_orders, n - 1), whole], axis=1)
    steps, values = np.diff(along, axis=1), np.zeros(n)
    np.add.at(values, orders.ravel(), steps.ravel())
    averaged: Floats = values / n_orders
    return averaged
