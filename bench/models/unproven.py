"""A model whose transformer only Python knows: it is served by scikit-learn itself."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pandas import DataFrame
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline

from headgate.contract import NumberColumn
from headgate.documents.rules import GateRules, Metrics
from headgate.spec import ModelSpec

COLUMNS = ("sepal_length", "sepal_width", "petal_length", "petal_width")


class Ratios(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Every column divided by the first."""

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002
        self.n_features_in_ = np.shape(X)[1]
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:
        values = np.asarray(X, dtype=np.float64)
        return np.hstack([values, values / np.maximum(values[:, :1], 1e-9)])


def source() -> DataFrame:
    """Return the 150 flowers that scikit-learn ships."""
    bunch = load_iris(as_frame=True)
    frame: DataFrame = bunch.data.set_axis(list(COLUMNS), axis=1)
    return frame.assign(species=bunch.target_names[bunch.target].astype(str))


def estimator(seed: int) -> Pipeline:
    """Return ratios and a forest."""
    return Pipeline(
        [("ratios", Ratios()), ("forest", RandomForestClassifier(100, random_state=seed))]
    )


spec = ModelSpec(
    name="unproven",
    task="classification",
    target="species",
    source=source,
    estimator=estimator,
    features=tuple(NumberColumn(name=name, minimum=0, maximum=15) for name in COLUMNS),
    metrics=Metrics(primary="accuracy"),
    gate=GateRules(floor=0.8),
    owner="headgate",
    purpose="Measures serving by scikit-learn.",
)
