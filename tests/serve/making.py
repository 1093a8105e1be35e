"""Tiny real versions in a store, and the promotions that make them live."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pydantic import JsonValue
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import LinearSVC

from headgate.artifacts.files import CONTRACT, GOLDEN, MODEL
from headgate.artifacts.persistence import dump_estimator
from headgate.contract import CategoryColumn, Contract, IntegerColumn, NumberColumn
from headgate.documents.base import sha256_of
from headgate.documents.ledger import LedgerEntry
from headgate.documents.rules import Metrics, Rules, Task
from headgate.documents.version import Manifest, StoredFile
from headgate.ledger.promotion import promote
from headgate.names import new_run_id
from headgate.scoring.golden import make_golden
from headgate.scoring.scorer import Scorer
from headgate.store import Store
from headgate.versions import commit_version
from tests.builders import a_manifest, a_report, an_act

Row = dict[str, JsonValue]

FLOWER_CONTRACT = Contract(
    columns=(
        NumberColumn(name="length", minimum=0, maximum=10),
        IntegerColumn(name="petals", minimum=3, maximum=8, policy="reject"),
        CategoryColumn(name="colour", categories=("blue", "red"), policy="reject"),
    )
)
AREA: Row = {"area": 1.0}
FLOWER: Row = {"length": 5.5, "petals": 5, "colour": "red"}
AREA_CONTRACT = Contract(columns=(NumberColumn(name="area"),))


@dataclass(frozen=True)
class Made:
    """What a version is made of."""

    contract: Contract
    task: Task
    classes: tuple[str, ...] | None
    estimator: Any
    form: str
    golden: tuple[Row, ...]


def flower() -> Made:
    """Three classes from a number, an integer and a category."""
    generator = np.random.default_rng(1)
    length = generator.uniform(0, 10, 120)
    X = pd.DataFrame(
        {
            "length": length,
            "petals": generator.integers(3, 9, 120),
            "colour": generator.choice(["blue", "red"], 120).astype(object),
        }
    )
    y = np.array(["aster", "iris", "rose"])[np.digitize(length, [3, 6])]
    encode = make_column_transformer((OneHotEncoder(), ["colour"]), remainder="passthrough")
    estimator = make_pipeline(encode, LogisticRegression(max_iter=2000)).fit(X, y)
    golden = (FLOWER, FLOWER | {"length": 1.25, "colour": "blue"})
    return Made(
        FLOWER_CONTRACT, "classification", ("aster", "iris", "rose"), estimator, "frame", golden
    )


def price(slope: float = 1.0) -> Made:
    """A regression whose answer for an area of 1 is its slope."""
    X = np.array([[0.0], [1.0], [2.0]])
    estimator = LinearRegression().fit(X, slope * X[:, 0])
    return Made(AREA_CONTRACT, "regression", None, estimator, "matrix", ({"area": 1.0},))


def side() -> Made:
    """A classifier that gives no probabilities."""
    X = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    estimator = LinearSVC().fit(X, np.array(["left", "left", "right", "right"]))
    contract = AREA_CONTRACT
    return Made(
        contract, "classification", ("left", "right"), estimator, "matrix", ({"area": 1.0},)
    )


def a_served_version(store: Store, model: str, made: Made) -> Manifest:
    """Commit a version that loads and answers."""
    metric = "r2" if made.task == "regression" else "accuracy"
    rules = Rules(task=made.task, target="target", metrics=Metrics(primary=metric))
    scorer = Scorer(
        model=model,
        version="v0001",
        contract=made.contract,
        rules=rules,
        classes=made.classes,
        input_form="frame" if made.form == "frame" else "matrix",
        estimator=made.estimator,
    )
    files = {
        MODEL: dump_estimator(made.estimator),
        CONTRACT: made.contract.to_bytes(),
        GOLDEN: make_golden(scorer, made.golden).to_bytes(),
    }
    run_id = new_run_id()
    stored = {}
    for name, data in files.items():
        key = f"models/{model}/artifacts/{run_id}/1/{name}"
        assert store.put_if_absent(key, data)
        stored[name] = StoredFile(key=key, size=len(data), sha256=sha256_of(data))
    draft = a_manifest(model, run_id).model_copy(
        update={
            "rules": rules,
            "classes": made.classes,
            "input_form": scorer.input_form,
            "files": stored,
        }
    )
    return commit_version(store, draft)


def promoted(store: Store, manifest: Manifest) -> LedgerEntry:
    """Pass and promote a version."""
    report = a_report(store, manifest.version, model=manifest.model)
    return promote(store, manifest.model, manifest.version, an_act(), gate_id=report.gate_id)


def a_live_model(store: Store, model: str, made: Made) -> Manifest:
    """Commit and promote a version."""
    manifest = a_served_version(store, model, made)
    promoted(store, manifest)
    return manifest
