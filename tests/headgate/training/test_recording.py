"""Fitted models from a notebook."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from headgate.artifacts.loading import load_version
from headgate.data.holdout import read_holdout, read_training_rows
from headgate.documents.rules import Metrics, Rules
from headgate.errors import UsageError
from headgate.store import Store
from headgate.training.recording import record_version
from tests.headgate.training.small_models import FLOWERS, write_model

GENERATOR = np.random.default_rng(4)
DATA = pd.DataFrame(GENERATOR.normal(size=(120, 2)), columns=["b", "a"])
DATA["y"] = np.where(DATA["a"] > 0, "yes", "no")
FEATURES = DATA[["a", "b"]]
TRAINED_ON_FRAME = LogisticRegression().fit(FEATURES, DATA["y"])
TRAINED_ON_MATRIX = LogisticRegression().fit(DATA[["b", "a"]].to_numpy(), DATA["y"].to_numpy())


def test_a_recorded_model_is_judged_on_all_rows_given(store: Store) -> None:
    manifest = record_version(store, "demo", TRAINED_ON_FRAME, DATA, "y", by="ada", purpose="try")

    assert (manifest.origin, manifest.provenance.by, manifest.purpose) == ("recorded", "ada", "try")
    assert read_holdout(store, manifest).n_rows == 120
    assert len(read_training_rows(store, manifest)) == 0
    assert manifest.provenance.data_uri == "python:notebook"
    assert manifest.rules.metrics.primary == "accuracy"
    assert manifest.metrics["accuracy"] > 0.9


def test_an_estimator_with_names_gets_its_own_columns_in_its_own_order(store: Store) -> None:
    extra = DATA.assign(note="ignored")

    manifest = record_version(store, "demo", TRAINED_ON_FRAME, extra, "y")
    scorer = load_version(store, manifest)

    assert (manifest.input_form, scorer.contract.names) == ("frame", ("a", "b"))


def test_an_estimator_without_names_gets_a_matrix(store: Store) -> None:
    manifest = record_version(store, "demo", TRAINED_ON_MATRIX, DATA, "y")

    scored = load_version(store, manifest).score([{"a": 2.0, "b": 0.0}])

    assert manifest.input_form == "matrix"
    assert scored.predictions == ["yes"]


def test_a_text_model_gets_text(store: Store) -> None:
    rows = pd.DataFrame({"t": ["good day", "bad day"] * 10, "y": [True, False] * 10})
    estimator = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(rows["t"], rows["y"])

    manifest = record_version(store, "texts", estimator, rows, "y")

    assert manifest.input_form == "text"
    assert load_version(store, manifest).score([{"t": "good"}]).predictions == [True]


def test_a_regression_is_recognised(store: Store) -> None:
    rows = DATA.drop(columns="y").assign(y=DATA["a"] * 2)

    manifest = record_version(store, "line", Ridge().fit(rows[["b", "a"]], rows["y"]), rows, "y")

    assert (manifest.rules.task, manifest.classes) == ("regression", None)
    assert manifest.metrics["r2"] > 0.9


def test_one_run_id_makes_one_version(store: Store) -> None:
    first = record_version(store, "demo", TRAINED_ON_FRAME, DATA, "y", run_id="r1")
    again = record_version(store, "demo", TRAINED_ON_FRAME, DATA, "y", run_id="r1")
    other = record_version(store, "demo", TRAINED_ON_FRAME, DATA, "y", run_id="r2")

    assert (first.version, again.version, other.version) == ("v0001", "v0001", "v0002")


def test_the_models_own_file_gives_the_rules(store: Store, tmp_path: Path) -> None:
    loaded = write_model(tmp_path, "flowers", FLOWERS)
    rows: Any = loaded.spec.source() if callable(loaded.spec.source) else None
    estimator = LogisticRegression(max_iter=500).fit(rows.drop(columns="species"), rows["species"])

    manifest = record_version(
        store, "flowers", estimator, rows, "species", models_dirs=[tmp_path / "models"]
    )

    assert manifest.rules == loaded.spec.rules()
    assert (manifest.owner, manifest.provenance.code_sha256) == ("garden", loaded.code_sha256)
    with pytest.raises(UsageError, match="declares the target 'species'"):
        record_version(store, "flowers", estimator, rows, "y", models_dirs=[tmp_path / "models"])


def test_rules_given_replace_the_defaults(store: Store) -> None:
    rules = Rules(task="classification", target="y", metrics=Metrics(primary="roc_auc"))

    manifest = record_version(store, "demo", TRAINED_ON_FRAME, DATA, "y", rules=rules)

    assert set(manifest.metrics) == {"roc_auc"}


@pytest.mark.parametrize(
    ("estimator", "data", "found"),
    [
        (TRAINED_ON_FRAME, DATA.drop(columns="a"), "columns that python:notebook does not have"),
        (TRAINED_ON_MATRIX, DATA.assign(c=1.0), "fitted on 2 columns, the data have 3"),
        (TRAINED_ON_MATRIX, DATA.assign(b="x"), "these columns are none: b"),
        (TRAINED_ON_FRAME, DATA.assign(y=np.arange(120) % 2), "None of the targets"),
        (TRAINED_ON_FRAME, DATA.rename(columns={"y": "z"}), "no target column 'y'"),
    ],
    ids=["column missing", "too many", "no numbers", "other classes", "no target"],
)
def test_data_that_do_not_fit_the_estimator_are_refused(
    store: Store, estimator: Any, data: pd.DataFrame, found: str
) -> None:
    with pytest.raises(UsageError, match=found):
        record_version(store, "demo", estimator, data, "y")
