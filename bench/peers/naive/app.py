"""What a team writes first: FastAPI, a DataFrame a request, the pipeline as it is."""

import os

import joblib
import pandas as pd
from fastapi import FastAPI

model = joblib.load(os.environ["MODEL_FILE"])
app = FastAPI()


@app.post("/predict")
def predict(rows: list[dict[str, float | str | None]]) -> dict[str, list[list[float]] | list[str]]:
    """Answer rows."""
    frame = pd.DataFrame(rows)
    probabilities = model.predict_proba(frame)
    labels = model.classes_[probabilities.argmax(axis=1)]
    return {"predictions": labels.tolist(), "probabilities": probabilities.tolist()}
