"""Estimators as bytes: the same ones again, and only of allowed types."""

import os
import subprocess
import sys
import types
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from headgate.artifacts.persistence import (
    UnservableTypeError,
    UntrustedTypeError,
    check_servable_types,
    dump_estimator,
    load_estimator,
    untrusted_types,
)
from tests.headgate.artifacts.samples import X, Y

SERVABLE = {
    "scaled logistic": make_pipeline(StandardScaler(), LogisticRegression()),
    "forest": RandomForestClassifier(5, random_state=0),
    "boosted": GradientBoostingClassifier(n_estimators=3, random_state=0),
    "histogram boosted": HistGradientBoostingClassifier(
        max_iter=3, categorical_features=[2], random_state=0
    ),
    "calibrated": CalibratedClassifierCV(LogisticRegression(), cv=2),
    "stacked": StackingClassifier(
        [("a", LogisticRegression()), ("b", DecisionTreeClassifier(random_state=0))], cv=2
    ),
    "neighbours": KNeighborsClassifier(algorithm="kd_tree", leaf_size=5),
    "network": MLPClassifier((3,), solver="adam", tol=1.0, random_state=0),
    "ufunc": make_pipeline(FunctionTransformer(np.abs), LogisticRegression()),
}


class Ratio(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    def fit(self, X: Any, y: Any = None) -> "Ratio":  # noqa: ARG002
        self.fitted_ = True
        return self

    def transform(self, X: Any) -> Any:
        return np.column_stack([X, X[:, 0] / (1 + X[:, 1] ** 2)])


RATIO = f"{__name__}.Ratio"


def columns(name: str) -> Any:
    return np.abs(np.round(X)) if name == "histogram boosted" else X


@pytest.mark.parametrize("name", SERVABLE)
def test_what_scikit_learn_offers_is_servable_and_answers_the_same_after_loading(name: str) -> None:
    estimator, rows = SERVABLE[name], columns(name)
    check_servable_types(estimator)
    estimator.fit(rows, Y)
    check_servable_types(estimator)

    loaded = load_estimator(dump_estimator(estimator))

    assert np.array_equal(loaded.predict(rows), estimator.predict(rows))


@pytest.mark.parametrize("name", SERVABLE)
def test_equal_estimators_are_equal_bytes(name: str) -> None:
    rows = columns(name)

    first = dump_estimator(clone(SERVABLE[name]).fit(rows, Y))
    second = dump_estimator(clone(SERVABLE[name]).fit(rows, Y))

    assert first == second


def test_text_estimators_are_equal_bytes_in_another_process() -> None:
    program = (
        "from sklearn.feature_extraction.text import TfidfVectorizer\n"
        "from headgate.documents.base import sha256_of\n"
        "from headgate.artifacts.persistence import dump_estimator\n"
        "made = TfidfVectorizer(stop_words=['aa']).fit(['bb cc', 'cc dd'])\n"
        "print(sha256_of(dump_estimator(made)))\n"
    )

    def digest(hash_seed: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert digest("1") == digest("2")


def test_an_own_type_is_refused_before_training_with_the_setting_to_add() -> None:
    unfitted = make_pipeline(Ratio(), LogisticRegression())

    with pytest.raises(UnservableTypeError) as caught:
        check_servable_types(unfitted, ["models.other.Scale"])

    assert f"HEADGATE_TRUSTED_TYPES=models.other.Scale,{RATIO}" in str(caught.value)


def test_an_own_type_is_servable_and_loads_once_the_operator_trusts_it() -> None:
    estimator = make_pipeline(Ratio(), LogisticRegression()).fit(X, Y)
    data = dump_estimator(estimator)

    check_servable_types(estimator, [RATIO])

    assert untrusted_types(data) == (RATIO,)
    assert np.array_equal(load_estimator(data, [RATIO]).predict(X), estimator.predict(X))


def test_an_own_type_does_not_load_where_it_is_not_trusted() -> None:
    data = dump_estimator(make_pipeline(Ratio(), LogisticRegression()).fit(X, Y))

    with pytest.raises(UntrustedTypeError) as caught:
        load_estimator(data)

    assert f"HEADGATE_TRUSTED_TYPES={RATIO}" in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_lambda_is_refused_with_where_to_put_it() -> None:
    estimator = make_pipeline(FunctionTransformer(lambda x: x), LogisticRegression())

    with pytest.raises(UnservableTypeError, match=r"a lambda.*models/<name>\.py"):
        check_servable_types(estimator)


def test_a_type_of_the_started_script_is_refused_though_it_is_trusted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = type("Own", (Ratio,), {"__module__": "__main__"})
    monkeypatch.setattr(sys.modules["__main__"], "Own", own, raising=False)

    with pytest.raises(UnservableTypeError, match="script or notebook"):
        check_servable_types(make_pipeline(own(), LogisticRegression()), ["__main__.Own"])


def test_a_type_defined_inside_a_function_is_refused() -> None:
    class Inner(Ratio):
        pass

    with pytest.raises(UnservableTypeError, match="not at the top level"):
        check_servable_types(make_pipeline(Inner(), LogisticRegression()))


def test_of_a_search_only_what_it_varies_must_be_servable() -> None:
    search = GridSearchCV(LogisticRegression(), {"C": [1.0]}, scoring=lambda e, x, y: e.score(x, y))

    check_servable_types(search)
    with pytest.raises(UnservableTypeError):
        check_servable_types(GridSearchCV(make_pipeline(Ratio(), LogisticRegression()), {}))


def test_something_that_cannot_be_written_is_refused_by_name() -> None:
    class Locked(Ratio):
        def __reduce__(self) -> Any:
            raise TypeError("has a lock")

    with pytest.raises(UnservableTypeError, match="has a lock"):
        check_servable_types(Locked())


def test_types_are_named_as_other_processes_import_them() -> None:
    module = types.ModuleType("models.churn")
    Own = type("Own", (Ratio,), {"__module__": "models.churn"})
    module.Own = Own  # type: ignore[attr-defined]
    sys.modules["models.churn"] = module
    try:
        with pytest.raises(UnservableTypeError, match=r"HEADGATE_TRUSTED_TYPES=models\.churn\.Own"):
            check_servable_types(make_pipeline(Own(), LogisticRegression()))
    finally:
        del sys.modules["models.churn"]
