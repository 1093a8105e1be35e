"""The same kind of model on more rows is judged fairly, because held-out rows stay held out."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.neighbors import KNeighborsClassifier

from headgate.artifacts.files import TRAINING_ROWS
from headgate.data.holdout import write_fingerprints
from headgate.documents.base import sha256_of
from headgate.documents.rules import GateRules, Split
from headgate.documents.version import Manifest, StoredFile
from headgate.gate.evidence import Servability
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

N_BEFORE, N_NOW = 2000, 3000
ANSWERED = Servability(passed=True, detail="answered", seconds=1.0)


def people(n_rows: int) -> pd.DataFrame:
    """Return the first rows of one growing table; a tenth of the answers are wrong."""
    generator = np.random.default_rng(5)
    frame = pd.DataFrame(generator.normal(size=(N_NOW, 3)), columns=["a", "b", "c"])
    wrong = generator.random(N_NOW) < 0.1
    answer = (frame["a"] + frame["b"] > 0) ^ wrong
    named = frame.assign(row=range(N_NOW), y=np.where(answer, "yes", "no"))
    return named.head(n_rows)


def memoriser(seed: int) -> Any:
    """Return a model that knows every row it has seen by heart, whatever the seed."""
    del seed
    return KNeighborsClassifier(n_neighbors=1)


def train(store: Store, n_rows: int, split: Split) -> Manifest:
    spec = ModelSpec(
        name="toy",
        task="classification",
        target="y",
        source=lambda: people(n_rows),
        estimator=memoriser,
        exclude=("row",),
        split=split,
        gate=GateRules(max_drop=0.03, max_p95_ratio=10),
    )
    loaded, run_id = LoadedSpec(spec, Path(__file__), "00" * 32), f"run-{n_rows}"
    data = load_data(store, spec)
    fitted = fit_model(store, loaded, data, run_id=run_id, attempt=1)
    evaluated = evaluate_model(store, loaded, data, fitted, run_id=run_id, attempt=1)
    made_in = Circumstances(run_id, attempt=1, by="anna (key)")
    return commit_version(store, draft_manifest(loaded, data, fitted, evaluated, made_in))


def forgetting(store: Store, manifest: Manifest) -> Manifest:
    """Return the manifest of a version that does not remember what it trained on."""
    nothing: NDArray[np.uint64] = np.array([], dtype=np.uint64)
    data = write_fingerprints(nothing)
    store.put_if_absent("models/toy/forgotten", data)
    file = StoredFile(key="models/toy/forgotten", size=len(data), sha256=sha256_of(data))
    return manifest.model_copy(update={"files": {**manifest.files, TRAINING_ROWS: file}})


def judged(store: Store, challenger: Manifest, champion: Manifest) -> tuple[Judgement, int]:
    evidence = gather_evidence(store, challenger, champion, servability=ANSWERED)
    return judge(evidence), evidence.n_rows_dropped


@pytest.fixture
def champion(store: Store) -> Manifest:
    return train(store, N_BEFORE, Split())


def test_a_challenger_of_the_same_kind_on_more_rows_is_not_refused(
    store: Store, champion: Manifest
) -> None:
    judgement, n_dropped = judged(store, train(store, N_NOW, Split()), champion)

    assert judgement.verdict == "PASS", judgement.reason
    assert n_dropped == 0


def test_rows_the_champion_trained_on_are_dropped_from_another_split(
    store: Store, champion: Manifest
) -> None:
    judgement, n_dropped = judged(store, train(store, N_NOW, Split(key=("row",))), champion)

    assert judgement.verdict == "PASS", judgement.reason
    assert n_dropped > 200


def test_the_honest_challenger_is_refused_when_the_holdout_rule_is_broken(
    store: Store, champion: Manifest
) -> None:
    challenger = train(store, N_NOW, Split(key=("row",)))

    judgement, n_dropped = judged(store, challenger, forgetting(store, champion))

    assert n_dropped == 0
    assert judgement.verdict == "FAIL"
    assert "non_inferior" in judgement.reason
