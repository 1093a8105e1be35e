"""Golden rows: reproduced or refused."""

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from headgate.contract import Contract, NumberColumn
from headgate.documents.rules import Metrics, Rules
from headgate.errors import HeadgateError
from headgate.scoring.golden import GoldenMismatchError, GoldenRows, check_golden, make_golden
from headgate.scoring.scorer import Scorer

X = np.random.default_rng(1).normal(size=(80, 2))
CONTRACT = Contract(columns=(NumberColumn(name="a", nullable=True), NumberColumn(name="b")))
ROWS: list[dict[str, Any]] = [{"a": 0.5, "b": 1.0}, {"a": -1.0, "b": 0.25}]


def classifier(C: float = 1.0, rules: dict[str, Any] | None = None) -> Scorer:
    declared = Rules(task="classification", target="y", metrics=Metrics(primary="accuracy"))
    estimator = LogisticRegression(C=C).fit(X, X[:, 0] > 0)
    return Scorer(
        "demo",
        "v0001",
        CONTRACT,
        declared.model_copy(update=rules or {}),
        (False, True),
        "matrix",
        estimator,
    )


def regressor(alpha: float = 1.0) -> Scorer:
    rules = Rules(task="regression", target="y", metrics=Metrics(primary="r2"))
    estimator = Ridge(alpha=alpha).fit(X, X[:, 0])
    return Scorer("demo", "v0001", CONTRACT, rules, None, "matrix", estimator)


@pytest.mark.parametrize("scorer", [classifier(), regressor()])
def test_the_same_model_reproduces_its_golden_rows_after_storing_them(scorer: Scorer) -> None:
    golden = make_golden(scorer, ROWS)

    stored = GoldenRows.from_bytes(golden.to_bytes(), "golden.json")
    check_golden(scorer, stored)

    assert stored == golden


@pytest.mark.parametrize(
    ("made", "loaded"), [(classifier(), classifier(0.5)), (regressor(), regressor(9.0))]
)
def test_another_model_is_refused(made: Scorer, loaded: Scorer) -> None:
    golden = make_golden(made, ROWS)

    with pytest.raises(GoldenMismatchError, match="2 of its 2 golden rows"):
        check_golden(loaded, golden)


def test_other_rules_are_refused_though_the_numbers_agree() -> None:
    golden = make_golden(classifier(), ROWS)

    with pytest.raises(GoldenMismatchError, match="needs_review"):
        check_golden(classifier(rules={"confidence_threshold": 1.0, "abstain": True}), golden)


def test_a_difference_within_the_tolerance_is_the_same_answer() -> None:
    golden = make_golden(classifier(), ROWS)

    check_golden(classifier(1.0001), golden, tolerance=1e-3)


def test_rows_the_contract_refuses_cannot_be_golden() -> None:
    with pytest.raises(HeadgateError, match=r"1 of 2 are not \(positions \[1\]\)"):
        make_golden(classifier(), [ROWS[0], {"a": None, "b": None}])


def test_no_rows_prove_nothing() -> None:
    with pytest.raises(HeadgateError, match="0 of 0"):
        make_golden(classifier(), [])
    with pytest.raises(GoldenMismatchError, match="there are none"):
        check_golden(classifier(), GoldenRows(rows=(), outputs=()))
