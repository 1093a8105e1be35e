"""Fitting an estimator."""

from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline

from headgate.contract import Contract, NumberColumn, TextColumn
from headgate.errors import UsageError
from headgate.training.fitting import FitError, fit, input_form_of, make_estimator

NUMBERS = Contract(columns=(NumberColumn(name="a"),))
TEXT = Contract(columns=(TextColumn(name="t"),))
VALUES: dict[str, list[object]] = {"a": [float(i) for i in range(20)]}
TARGETS: list[Any] = ["no"] * 10 + ["yes"] * 10


def make(seed: int, C: float = 1.0) -> LogisticRegression:
    return LogisticRegression(C=C, random_state=seed)


def test_the_seed_and_the_parameters_reach_the_estimator() -> None:
    estimator: Any = make_estimator(make, 7, {"C": 0.5})

    assert (estimator.random_state, estimator.C) == (7, 0.5)


def test_a_parameter_the_function_does_not_have_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="unexpected keyword argument 'D'"):
        make_estimator(make, 7, {"D": 1})


def test_something_that_is_no_estimator_is_refused() -> None:
    with pytest.raises(UsageError, match="without fit and predict"):
        make_estimator(lambda seed: seed, 7, {})


def test_the_same_seed_gives_the_same_model() -> None:
    first = fit(make(1), "frame", NUMBERS, VALUES, TARGETS).estimator
    second = fit(make(1), "frame", NUMBERS, VALUES, TARGETS).estimator

    assert np.array_equal(first.coef_, second.coef_)  # type: ignore[attr-defined]


def test_of_a_search_the_best_estimator_is_kept_with_its_trials() -> None:
    search = GridSearchCV(make(1), {"C": [0.001, 1.0]}, cv=2)

    fitted = fit(search, "frame", NUMBERS, VALUES, TARGETS)

    assert isinstance(fitted.estimator, LogisticRegression)
    assert [trial.rank for trial in fitted.trials] == sorted(t.rank or 0 for t in fitted.trials)
    assert {trial.parameters["C"] for trial in fitted.trials} == {"0.001", "1.0"}


def test_warnings_of_the_fit_are_kept_instead_of_printed() -> None:
    fitted = fit(LogisticRegression(max_iter=1), "frame", NUMBERS, VALUES, TARGETS)

    assert "ConvergenceWarning" in fitted.warnings[0]


def test_an_estimator_that_fails_is_named_with_its_reason() -> None:
    one_class = ["yes"] * 20

    with pytest.raises(FitError, match=r"LogisticRegression could not be fitted .* ValueError"):
        fit(make(1), "frame", NUMBERS, VALUES, one_class)


@pytest.mark.parametrize(
    ("estimator", "contract", "form"),
    [
        (make_pipeline(TfidfVectorizer(), make(1)), TEXT, "text"),
        (make_pipeline(FeatureUnion([("t", TfidfVectorizer())]), make(1)), TEXT, "text"),
        (GridSearchCV(make_pipeline(TfidfVectorizer(), make(1)), {}), TEXT, "text"),
        (make(1), NUMBERS, "frame"),
        (make(1), TEXT, "frame"),
    ],
)
def test_only_a_text_vectoriser_gets_plain_text(
    estimator: Any, contract: Contract, form: str
) -> None:
    assert input_form_of(estimator, contract) == form
