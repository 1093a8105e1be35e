"""Sentiment: whether a short remark is positive or negative."""

from pathlib import Path

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from headgate.contract import TextColumn
from headgate.documents.rules import GateRules, Metrics
from headgate.spec import ModelSpec

SAMPLE = Path(__file__).resolve().parent.parent / "data" / "sentiment.csv"


def source() -> pd.DataFrame:
    """Return the remarks written for this project."""
    return pd.read_csv(SAMPLE, dtype=str, keep_default_na=False)


def estimator(seed: int, C: float = 10.0) -> Pipeline:
    """Return word weights and a logistic regression."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    return Pipeline(
        [
            ("words", ColumnTransformer([("text", words, "text")])),
            ("classify", LogisticRegression(C=C, max_iter=1000, random_state=seed)),
        ]
    )


spec = ModelSpec(
    name="sentiment",
    task="classification",
    target="label",
    source=source,
    estimator=estimator,
    features=(TextColumn(name="text", max_length=5000, example="Warm, quiet and friendly."),),
    metrics=Metrics(primary="accuracy", others=("f1_macro",)),
    gate=GateRules(floor=0.70),
    owner="headgate",
    purpose="Text in: one remark, one of two labels out.",
    tags={"example": "text"},
)
