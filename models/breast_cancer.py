"""Breast cancer: whether a tumour is benign or malignant, by thirty measurements of its cells."""

from pandas import DataFrame
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from headgate.documents.rules import GateRules, Metrics
from headgate.spec import ModelSpec


def source() -> DataFrame:
    """Return the 569 samples that scikit-learn ships."""
    bunch = load_breast_cancer(as_frame=True)
    frame: DataFrame = bunch.data.rename(columns=lambda name: name.replace(" ", "_"))
    return frame.assign(diagnosis=bunch.target_names[bunch.target].astype(str))


def estimator(seed: int, C: float = 0.5) -> Pipeline:
    """Return scaling and a logistic regression."""
    return Pipeline(
        [
            ("scale", StandardScaler()),
            ("classify", LogisticRegression(C=C, max_iter=1000, random_state=seed)),
        ]
    )


# The thirty columns are not declared: they are inferred, with the ranges seen in training.
spec = ModelSpec(
    name="breast_cancer",
    task="classification",
    target="diagnosis",
    source=source,
    estimator=estimator,
    metrics=Metrics(primary="accuracy", others=("balanced_accuracy", "f1_macro")),
    gate=GateRules(floor=0.90, floors={"balanced_accuracy": 0.90}),
    confidence_threshold=0.7,
    owner="headgate",
    purpose="Two classes of unequal cost: answers below a confidence of 0.7 are flagged.",
    tags={"example": "binary"},
)
