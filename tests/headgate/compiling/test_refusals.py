"""What scikit-learn fails on, a plan must not answer: nobody judged such an answer."""

import warnings
from typing import Any

import numpy as np
import pytest

from headgate.compiled import CompiledForm
from headgate.scoring.answers import Outputs, ScoringError
from headgate.scoring.scorer import build_input
from tests.headgate.compiling.estimators import EXACT
from tests.headgate.compiling.fitting import compiled, fitted, plan_of
from tests.headgate.compiling.material import CONTRACTS, Values

ASKED = [name for name, case in EXACT.items() if case.rows != "text"]


def without(values: Values, column: str) -> Values:
    """Return one row in which a column is missing."""
    return {name: [None if name == column else own[0]] for name, own in values.items()}


def scikit_learn_answers(estimator: Any, kind: str, row: Values) -> bool:
    # As a nullable contract would hand it over.
    columns = [c.model_copy(update={"nullable": True}) for c in CONTRACTS[kind].columns]
    contract = CONTRACTS[kind].model_copy(update={"columns": tuple(columns)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            estimator.predict(build_input("frame", contract, row, 1))
        except (ValueError, TypeError):
            return False
    return True


def plan_answers(plan: CompiledForm, row: Values) -> bool:
    try:
        found: Outputs = plan.outputs(row, 1)
    except ScoringError:
        return False
    # What is not finite is no answer to a row scorer.
    numbers = [one for one in (found.values, found.probabilities) if one is not None]
    return all(bool(np.isfinite(one).all()) for one in numbers)


@pytest.mark.parametrize("name", ASKED)
def test_a_plan_answers_no_row_that_scikit_learn_fails_on(name: str) -> None:
    case = EXACT[name]
    estimator, rows = fitted(name)
    plan = plan_of(compiled(estimator, rows, case.target))
    assert plan is not None

    for column in rows.contract.columns:
        row = without(rows.fitted, column.name)
        if not scikit_learn_answers(estimator, case.rows, row):
            assert not plan_answers(plan, row), column.name
