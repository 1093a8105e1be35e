"""Pieces that the estimators of these tests are put together from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sklearn import compose, impute, linear_model, preprocessing, tree
from sklearn.pipeline import make_pipeline

from tests.headgate.compiling.material import GAPS, NUMBERS, WORDS


@dataclass(frozen=True, slots=True)
class Case:
    """An estimator, the rows it is fitted on and what it predicts: two, three, number, positive."""

    make: Callable[[], Any]
    rows: str = "numbers"
    target: str = "three"


def scaled(*steps: Any) -> Any:
    return make_pipeline(preprocessing.StandardScaler(), *steps)


def logistic(**settings: Any) -> Any:
    return linear_model.LogisticRegression(max_iter=100, **settings)


def small_tree() -> Any:
    return tree.DecisionTreeClassifier(max_depth=4, random_state=0)


def mixed(learner: Any, words: Any, numbers: Any = "passthrough", **settings: Any) -> Any:
    columns = compose.ColumnTransformer(
        [("words", words, [*WORDS]), ("numbers", numbers, [*NUMBERS, *GAPS])], **settings
    )
    return make_pipeline(columns, learner)


def filled(**settings: Any) -> Any:
    return make_pipeline(impute.SimpleImputer(**settings), preprocessing.StandardScaler())


def encoded(**settings: Any) -> Any:
    words = preprocessing.OneHotEncoder(**{"handle_unknown": "ignore"} | settings)
    return mixed(logistic(), words, filled())


def through(transformer: Any) -> Any:
    return scaled(transformer, logistic())


def read(vectorizer: Any, learner: Any | None = None) -> Any:
    columns = compose.ColumnTransformer([("text", vectorizer, "remark")])
    return make_pipeline(columns, logistic() if learner is None else learner)
