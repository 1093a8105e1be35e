"""Iris: which of three species a flower is, by four measurements in centimetres."""

from pandas import DataFrame
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from headgate.contract import NumberColumn
from headgate.documents.rules import GateRules, Metrics
from headgate.spec import ModelSpec


def source() -> DataFrame:
    """Return the 150 flowers that scikit-learn ships."""
    bunch = load_iris(as_frame=True)
    frame: DataFrame = bunch.data.rename(
        columns=lambda name: name.removesuffix(" (cm)").replace(" ", "_")
    )
    return frame.assign(species=bunch.target_names[bunch.target].astype(str))


def estimator(seed: int, C: float = 1.0) -> Pipeline:
    """Return scaling and a logistic regression."""
    return Pipeline(
        [
            ("scale", StandardScaler()),
            ("classify", LogisticRegression(C=C, max_iter=1000, random_state=seed)),
        ]
    )


spec = ModelSpec(
    name="iris",
    task="classification",
    target="species",
    source=source,
    estimator=estimator,
    features=(
        NumberColumn(name="sepal_length", minimum=0, maximum=15, description="in cm"),
        NumberColumn(name="sepal_width", minimum=0, maximum=10, description="in cm"),
        NumberColumn(name="petal_length", minimum=0, maximum=15, description="in cm"),
        NumberColumn(name="petal_width", minimum=0, maximum=10, description="in cm"),
    ),
    metrics=Metrics(primary="accuracy", others=("f1_macro",)),
    gate=GateRules(floor=0.85),
    owner="headgate",
    purpose="The smallest complete example: numbers in, one of three classes out.",
    tags={"example": "tabular"},
)
