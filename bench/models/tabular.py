"""A tabular model as teams have them: categories, gaps in the numbers, boosted trees."""

import numpy as np
from pandas import DataFrame
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from headgate.contract import CategoryColumn, NumberColumn
from headgate.documents.rules import GateRules, Metrics
from headgate.spec import ModelSpec

N_ROWS = 8_000
NUMBERS = tuple(f"n{i}" for i in range(10))
CATEGORIES = {f"c{i}": tuple(f"value_{j}" for j in range(4 + 2 * i)) for i in range(6)}


def source() -> DataFrame:
    """Return rows drawn from a fixed seed, with 5 % of the numbers missing."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(N_ROWS, len(NUMBERS)))
    frame = DataFrame(numbers, columns=list(NUMBERS))
    for name, values in CATEGORIES.items():
        frame[name] = rng.choice(values, N_ROWS)
    score = numbers[:, 0] + numbers[:, 1] * numbers[:, 2]
    score += frame["c0"].isin(["value_0", "value_1"]) - 0.5 * (frame["c3"] == "value_2")
    frame["label"] = np.where(score + rng.normal(scale=0.5, size=N_ROWS) > 0, "yes", "no")
    frame.loc[:, list(NUMBERS)] = frame[list(NUMBERS)].mask(rng.random(numbers.shape) < 0.05)
    return frame


def estimator(seed: int) -> Pipeline:
    """Return one-hot categories, imputed numbers and a hundred boosted trees."""
    columns = ColumnTransformer(
        [
            (
                "categories",
                OneHotEncoder(handle_unknown="ignore", sparse_output=False),
                [*CATEGORIES],
            ),
            ("numbers", SimpleImputer(strategy="median"), [*NUMBERS]),
        ]
    )
    return Pipeline(
        [("columns", columns), ("trees", HistGradientBoostingClassifier(random_state=seed))]
    )


spec = ModelSpec(
    name="tabular",
    task="classification",
    target="label",
    source=source,
    estimator=estimator,
    features=(
        *(CategoryColumn(name=name, categories=values) for name, values in CATEGORIES.items()),
        *(NumberColumn(name=name, nullable=True) for name in NUMBERS),
    ),
    metrics=Metrics(primary="accuracy"),
    gate=GateRules(floor=0.6),
    owner="headgate",
    purpose="Measures serving; its data mean nothing.",
)
