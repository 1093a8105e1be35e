"""Tiny real models, trained into a real store and judged there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import BaggingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from headgate.documents.base import sha256_of
from headgate.documents.gate import Check
from headgate.documents.rules import GateRules, Metrics
from headgate.documents.version import Manifest, StoredFile
from headgate.gate.evidence import Evidence, Servability
from headgate.gate.gathering import gather_evidence
from headgate.gate.judge import Judgement, judge
from headgate.spec import ModelSpec
from headgate.spec_loading import LoadedSpec
from headgate.store import Store
from headgate.training.steps import (
    Circumstances,
    draft_manifest,
    evaluate_model,
    fit_model,
    load_data,
)
from headgate.versions import commit_version

ANSWERED = Servability(passed=True, detail="answered the golden rows", seconds=1.5)
KINDS: dict[str, Callable[[int], Any]] = {
    "good": lambda seed: LogisticRegression(random_state=seed),
    "stump": lambda seed: DecisionTreeClassifier(max_depth=1, random_state=seed),
    "trivial": lambda seed: DummyClassifier(strategy="prior", random_state=seed),
    # No compiled form makes this fast: it looks through its training rows twenty times.
    "slow": lambda seed: BaggingClassifier(KNeighborsClassifier(), 20, random_state=seed),
}


def estimator(seed: int, kind: str = "good") -> Any:
    return KINDS[kind](seed)


def rows(n: int = 800) -> pd.DataFrame:
    """Return rows whose target follows the sum of two columns but for some noise."""
    generator = np.random.default_rng(11)
    frame = pd.DataFrame(generator.normal(size=(n, 2)), columns=["a", "b"])
    total = frame["a"] + frame["b"] + generator.normal(0, 0.25, n)
    return frame.assign(y=np.where(total > 0, "yes", "no"))


def numbered_rows() -> pd.DataFrame:
    return rows().assign(k=range(800))


def train(store: Store, run_id: str, kind: str = "good", **declared: Any) -> Manifest:
    """Train, evaluate and commit one more version."""
    fields = {
        "name": "toy",
        "task": "classification",
        "target": "y",
        "source": rows,
        "estimator": estimator,
        "metrics": Metrics(primary="accuracy", others=("roc_auc",)),
        "gate": GateRules(floor=0.75, floors={"roc_auc": 0.75}),
    }
    loaded = LoadedSpec(ModelSpec.model_validate(fields | declared), Path(__file__), "00" * 32)
    data = load_data(store, loaded.spec)
    fitted = fit_model(store, loaded, data, run_id=run_id, attempt=1, params={"kind": kind})
    evaluated = evaluate_model(store, loaded, data, fitted, run_id=run_id, attempt=1)
    made_in = Circumstances(run_id, attempt=1, by="anna (key)")
    return commit_version(store, draft_manifest(loaded, data, fitted, evaluated, made_in))


def gather(store: Store, challenger: Manifest, champion: Manifest | None) -> Evidence:
    return gather_evidence(store, challenger, champion, servability=ANSWERED)


def judged(store: Store, challenger: Manifest, champion: Manifest | None) -> Judgement:
    return judge(gather(store, challenger, champion))


def named(judgement: Judgement, name: str) -> Check:
    return next(check for check in judgement.checks if check.name == name)


def altered(store: Store, manifest: Manifest, name: str, data: bytes) -> Manifest:
    """Return a manifest in which a file was replaced, and its record too."""
    key = f"models/toy/artifacts/altered/{sha256_of(data)}"
    store.put_if_absent(key, data)
    file = StoredFile(key=key, size=len(data), sha256=sha256_of(data))
    return manifest.model_copy(update={"files": {**manifest.files, name: file}})
