"""Every estimator beside scikit-learn: what a plan is made of is equal to it, or there is none.

Among them are those that other conversions get silently wrong: sigmoid calibration, imputers with
an indicator, forests with gaps, words with apostrophes and accents, thresholds of regressors.
"""

import warnings
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from headgate.compiled import read_form
from headgate.scoring.answers import Outputs
from headgate.scoring.scorer import build_input
from tests.headgate.compiling.estimators import CONVERTED, EXACT, UNKNOWN
from tests.headgate.compiling.fitting import compiled, fitted, plan_of
from tests.headgate.compiling.material import N_COMPARED, Material

TOLERANCE = 1e-9


def asked(estimator: Any, rows: Material, target: str) -> Outputs:
    """Return what scikit-learn says."""
    X = build_input(rows.input_form, rows.contract, rows.compared, N_COMPARED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        predicted = estimator.predict(X)
        if target in ("number", "positive"):
            return Outputs(values=np.asarray(predicted, dtype=np.float64).ravel())
        position = {value: i for i, value in enumerate(estimator.classes_.tolist())}
        index = np.array([position[value] for value in predicted.tolist()])
        if not hasattr(estimator, "predict_proba"):
            return Outputs(class_index=index)
        return Outputs(class_index=index, probabilities=estimator.predict_proba(X))


def numbers(outputs: Outputs) -> NDArray[np.float64]:
    found = outputs.values if outputs.probabilities is None else outputs.probabilities
    assert found is not None
    return found


@pytest.mark.parametrize("name", EXACT)
def test_a_plan_answers_as_scikit_learn_does(name: str) -> None:
    case = EXACT[name]
    estimator, rows = fitted(name)
    found = compiled(estimator, rows, case.target)
    plan = plan_of(found)
    assert plan is not None, found.problems

    answers = read_form(plan.to_bytes()).outputs(rows.compared, N_COMPARED)

    expected = asked(estimator, rows, case.target)
    if expected.values is not None:
        assert answers.values is not None
        spread = np.std(np.array(rows.targets(case.target), dtype=np.float64))
        np.testing.assert_allclose(
            answers.values, expected.values, rtol=TOLERANCE, atol=TOLERANCE * float(spread)
        )
        return
    np.testing.assert_array_equal(answers.class_index, expected.class_index)
    assert (answers.probabilities is None) == (expected.probabilities is None)
    if answers.probabilities is not None and expected.probabilities is not None:
        np.testing.assert_allclose(answers.probabilities, expected.probabilities, atol=TOLERANCE)


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_nobody_knows_has_no_form_and_says_why(name: str) -> None:
    estimator, rows = fitted(name)

    found = compiled(estimator, rows, UNKNOWN[name].target)

    assert found.forms == ()
    assert len(found.problems) == 1
    assert len(found.problems[0]) < 400


@pytest.mark.parametrize("name", CONVERTED)
def test_what_the_converter_knows_is_named_by_its_engine(name: str) -> None:
    estimator, rows = fitted(name)

    (form,) = compiled(estimator, rows, CONVERTED[name].target).forms
    (again,) = compiled(estimator, rows, CONVERTED[name].target).forms

    assert form.engine == "onnx"
    assert form.to_bytes() == again.to_bytes()
    answers = read_form(form.to_bytes()).outputs(rows.compared, N_COMPARED)
    expected = asked(estimator, rows, CONVERTED[name].target)
    np.testing.assert_allclose(numbers(answers), numbers(expected), atol=1e-4)


@pytest.mark.parametrize("name", EXACT)
def test_an_answer_does_not_depend_on_the_other_rows(name: str) -> None:
    case = EXACT[name]
    estimator, rows = fitted(name)
    plan = plan_of(compiled(estimator, rows, case.target))
    assert plan is not None
    together = plan.outputs(rows.compared, N_COMPARED)

    for row in range(0, N_COMPARED, 200):
        alone = plan.outputs({name: [v[row]] for name, v in rows.compared.items()}, 1)

        for one, all_of_them in (
            (alone.values, together.values),
            (alone.probabilities, together.probabilities),
            (alone.class_index, together.class_index),
        ):
            if one is not None and all_of_them is not None:
                np.testing.assert_array_equal(one[0], all_of_them[row])
