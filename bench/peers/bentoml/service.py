"""The pipeline behind BentoML, two workers."""

import os

import bentoml
import joblib
import pandas as pd


@bentoml.service(workers=2, traffic={"timeout": 60})
class Peer:
    """One model."""

    def __init__(self) -> None:
        self.model = joblib.load(os.environ["MODEL_FILE"])

    @bentoml.api
    def predict(self, rows: list[dict]) -> dict:
        """Answer rows."""
        probabilities = self.model.predict_proba(pd.DataFrame(rows))
        labels = self.model.classes_[probabilities.argmax(axis=1)]
        return {"predictions": labels.tolist(), "probabilities": probabilities.tolist()}
