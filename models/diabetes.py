"""Diabetes: how far the disease has progressed a year after ten measurements."""

from pandas import DataFrame
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from headgate.contract import IntegerColumn, NumberColumn
from headgate.documents.rules import GateRules, Metrics
from headgate.spec import ModelSpec


def source() -> DataFrame:
    """Return the 442 patients that scikit-learn ships, in the units they were measured in."""
    bunch = load_diabetes(as_frame=True, scaled=False)
    frame: DataFrame = bunch.data.astype({"age": int, "sex": int})
    return frame.assign(progression=bunch.target)


def estimator(seed: int, alpha: float = 1.0) -> Pipeline:
    """Return scaling and a ridge regression."""
    return Pipeline([("scale", StandardScaler()), ("regress", Ridge(alpha, random_state=seed))])


spec = ModelSpec(
    name="diabetes",
    task="regression",
    target="progression",
    source=source,
    estimator=estimator,
    features=(
        IntegerColumn(name="age", minimum=0, maximum=120, description="in years"),
        IntegerColumn(name="sex", minimum=1, maximum=2, policy="reject", description="1 or 2"),
        NumberColumn(name="bmi", minimum=10, maximum=80, description="body mass index, kg/m2"),
        NumberColumn(name="bp", minimum=30, maximum=250, description="mean blood pressure, mmHg"),
        NumberColumn(name="s1", minimum=0, description="total cholesterol, mg/dl"),
        NumberColumn(name="s2", minimum=0, description="low-density lipoproteins, mg/dl"),
        NumberColumn(name="s3", minimum=0, description="high-density lipoproteins, mg/dl"),
        NumberColumn(name="s4", minimum=0, description="total cholesterol / HDL"),
        NumberColumn(name="s5", minimum=0, description="logarithm of triglycerides"),
        NumberColumn(name="s6", minimum=0, description="blood sugar, mg/dl"),
    ),
    metrics=Metrics(primary="r2", others=("neg_mean_absolute_error",)),
    gate=GateRules(floor=0.25),
    owner="headgate",
    purpose="A regression: numbers in, a number out.",
    tags={"example": "regression"},
)
