from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from headgate.proving.thresholds import thresholds_of

X = np.arange(40.0).reshape(-1, 1)
y = (X[:, 0] > 12).astype(int)


@pytest.mark.parametrize(
    "estimator",
    [
        DecisionTreeClassifier(max_depth=1),
        RandomForestClassifier(5, bootstrap=False, max_depth=1),
        GradientBoostingRegressor(n_estimators=2, max_depth=1),
        HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=1),
        make_pipeline(DecisionTreeClassifier(max_depth=1)),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_the_splits_of_trees_are_found(estimator: Any) -> None:
    assert 12.5 in thresholds_of(estimator.fit(X, y))


def test_the_edges_of_bins_are_found() -> None:
    bins = KBinsDiscretizer(4, strategy="uniform", quantile_method="linear").fit(X)

    assert thresholds_of(bins).tolist() == [0.0, 9.75, 19.5, 29.25, 39.0]


def test_a_model_without_splits_has_none() -> None:
    smooth = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)

    assert not len(thresholds_of(smooth))
