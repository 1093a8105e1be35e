"""Every estimator of these tests by name."""

from typing import Any

from sklearn import gaussian_process, impute, linear_model, preprocessing, svm
from sklearn.feature_extraction import text
from sklearn.pipeline import make_pipeline

from tests.headgate.compiling.composed import COMPOSED
from tests.headgate.compiling.learners import LINEAR, OTHERS, TREES
from tests.headgate.compiling.pieces import Case, logistic, read, scaled, through
from tests.headgate.compiling.transformers import ENCODERS, TEXTS, TRANSFORMERS

# A plan must equal each of them.
EXACT: dict[str, Case] = LINEAR | TREES | OTHERS | COMPOSED | TRANSFORMERS | ENCODERS | TEXTS


def own_function(X: Any) -> Any:
    """Stand for a function a user wrote."""
    return X


# Neither plans nor the converter know them.
UNKNOWN: dict[str, Case] = {
    "a function of one's own": Case(
        lambda: through(preprocessing.FunctionTransformer(own_function))
    ),
    "hashed text": Case(lambda: read(text.HashingVectorizer(n_features=64)), "text"),
    "gaussian process": Case(
        lambda: scaled(gaussian_process.GaussianProcessClassifier(max_iter_predict=2)),
    ),
}
# Plans leave them to the converter: a form may be there, and only the proof can say if it is right.
CONVERTED: dict[str, Case] = {
    "support vectors with probabilities": Case(
        lambda: scaled(svm.SVC(probability=True, random_state=0))
    ),
    "random sample consensus": Case(
        lambda: linear_model.RANSACRegressor(random_state=0), target="number"
    ),
    "neighbours as imputer": Case(
        lambda: make_pipeline(impute.KNNImputer(), preprocessing.StandardScaler(), logistic()),
        "gaps",
    ),
    "gaussian process regression": Case(
        lambda: scaled(gaussian_process.GaussianProcessRegressor(alpha=0.1)), target="number"
    ),
}
