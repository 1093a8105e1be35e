"""A forest is asked once: what is most probable is what its own ``predict`` says."""

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.headgate.scoring.test_scorer import GENERATOR, X, Y, row, scorer


class Contrary(RandomForestClassifier):  # type: ignore[misc]
    """A forest that has a mind of its own."""

    def predict(self, X: Any) -> Any:
        return self.classes_[np.argmin(self.predict_proba(X), axis=1)]


@pytest.mark.parametrize("wrapped", [False, True], ids=["bare", "in a pipeline"])
def test_a_forest_answers_what_its_own_predict_says(wrapped: bool) -> None:
    for kind in (RandomForestClassifier, ExtraTreesClassifier, Contrary):
        forest = kind(n_estimators=7, random_state=0)
        forest = (make_pipeline(StandardScaler(), forest) if wrapped else forest).fit(X, Y)
        points = GENERATOR.normal(size=(50, 2)).clip(-3, 3)

        scored = scorer(forest).score([row(*point) for point in points.tolist()])

        assert scored.predictions == forest.predict(points).tolist()
