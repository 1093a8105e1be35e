"""A small project of models, as a user would write them."""

from pathlib import Path
from textwrap import dedent

from headgate.documents.version import Manifest
from headgate.spec_loading import LoadedSpec, load_spec
from headgate.store import Store
from headgate.training.steps import (
    Circumstances,
    DataRef,
    EvalRef,
    FitRef,
    draft_manifest,
    evaluate_model,
    fit_model,
    load_data,
)
from headgate.versions import commit_version

FLOWERS = """
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from headgate.documents.rules import Metrics
    from headgate.spec import ModelSpec


    def source():
        bunch = load_iris(as_frame=True)
        return bunch.data.assign(species=bunch.target_names[bunch.target])


    def estimator(seed, C=1.0):
        return make_pipeline(StandardScaler(), LogisticRegression(C=C, random_state=seed))


    spec = ModelSpec(
        name="flowers",
        task="classification",
        target="species",
        source=source,
        estimator=estimator,
        metrics=Metrics(primary="accuracy", others=("f1_macro",)),
        owner="garden",
        purpose="Tell <three> species apart.",
    )
"""

PRICES = """
    import numpy as np
    import pandas as pd
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.model_selection import GridSearchCV

    from headgate.contract import NumberColumn
    from headgate.documents.rules import Metrics
    from headgate.spec import ModelSpec


    def source():
        generator = np.random.default_rng(5)
        area, rooms = generator.uniform(20, 200, 300), generator.integers(1, 7, 300)
        frame = pd.DataFrame({"area": area, "rooms": rooms})
        frame["price"] = 1000 * area + 5000 * rooms + generator.normal(0, 900, 300)
        frame.loc[3, "area"] = float("nan")
        frame.loc[7, "price"] = float("nan")
        frame.loc[9, "area"] = -5.0
        return frame


    def estimator(seed, max_iter=20):
        boosted = HistGradientBoostingRegressor(max_iter=max_iter, random_state=seed)
        return GridSearchCV(boosted, {"max_depth": [2, 3]}, cv=2)


    spec = ModelSpec(
        name="prices",
        task="regression",
        target="price",
        source=source,
        estimator=estimator,
        features=(NumberColumn(name="area", minimum=0, policy="impute", impute=60),),
        metrics=Metrics(primary="neg_mean_absolute_error"),
    )
"""


def write_model(folder: Path, name: str, text: str) -> LoadedSpec:
    """Write ``models/<name>.py`` below a folder and load it."""
    models = folder / "models"
    models.mkdir(exist_ok=True)
    (models / f"{name}.py").write_text(dedent(text))
    return load_spec(name, [models])


def train(
    store: Store, loaded: LoadedSpec, run_id: str = "r1", attempt: int = 1
) -> tuple[Manifest, DataRef, FitRef, EvalRef]:
    """Go through all steps of one training."""
    data = load_data(store, loaded.spec)
    fitted = fit_model(store, loaded, data, run_id=run_id, attempt=attempt)
    measured = evaluate_model(store, loaded, data, fitted, run_id=run_id, attempt=attempt)
    circumstances = Circumstances(run_id, attempt, "tester (local)")
    draft = draft_manifest(loaded, data, fitted, measured, circumstances)
    return commit_version(store, draft), data, fitted, measured
