"""Compiling and proving as a step of a training: it may fail, the training may not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from headgate.artifacts.files import COMPILED
from headgate.artifacts.serving import load_scorer
from headgate.compiled import CompiledForm
from headgate.compiling import Compiled, compile_forms
from headgate.documents.proof import SCIKIT_LEARN
from headgate.documents.version import Manifest
from headgate.scoring.answers import Outputs
from headgate.store import Store, open_store
from headgate.training.proving import PROOF, proven_form
from headgate.training.recording import record_version
from headgate.training.writing import Place
from tests.headgate.proving.forms import a_reference, material

NUMBERS = ["a", "b"]
N = 300


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path))


def rows(target: str) -> pd.DataFrame:
    """Return numbers with gaps and remarks, and a target that depends on all of them."""
    draw = np.random.default_rng(8)
    frame = pd.DataFrame(draw.normal(10, 3, size=(N, 2)), columns=NUMBERS)
    words = np.array(["it's good", "naïve café", "don't", "Straße bad", "fine"])
    frame["remark"] = draw.choice(words, N).astype(object)
    total = frame["a"] - frame["b"] + np.where(frame["remark"] == "don't", -3, 1)
    frame.loc[draw.random(N) < 0.1, "a"] = np.nan
    noisy = total.fillna(0) + draw.normal(0, 1, N)
    if target == "y":
        return frame.assign(y=np.where(noisy > 0, "yes", "no"))
    return frame.assign(amount=1000 * noisy)


def recorded(store: Store, estimator: Any, columns: Sequence[str], target: str = "y") -> Manifest:
    data = rows(target)[[*columns, target]]
    fitted = estimator.fit(data[[*columns]], data[target])
    return record_version(store, "m", fitted, data, target)


def read_words(*steps: Any) -> Any:
    words = make_column_transformer((TfidfVectorizer(strip_accents="unicode"), "remark"))
    return make_pipeline(words, *steps)


SILENT: dict[str, tuple[Callable[[], Any], list[str], str]] = {
    "sigmoid-calibration": (
        lambda: make_pipeline(
            SimpleImputer(), CalibratedClassifierCV(GaussianNB(), method="sigmoid", cv=3)
        ),
        NUMBERS,
        "y",
    ),
    "missing-indicator": (
        lambda: make_pipeline(
            SimpleImputer(add_indicator=True), StandardScaler(), LogisticRegression()
        ),
        NUMBERS,
        "y",
    ),
    "forest-with-gaps": (
        lambda: RandomForestClassifier(20, max_depth=6, random_state=0),
        NUMBERS,
        "y",
    ),
    "large-forest-with-gaps": (
        lambda: RandomForestClassifier(5, random_state=0, min_samples_leaf=1),
        NUMBERS,
        "y",
    ),
    "words": (lambda: read_words(LogisticRegression()), ["remark"], "y"),
    "thresholds-of-a-regressor": (
        lambda: make_pipeline(StandardScaler(), HistGradientBoostingRegressor(max_iter=30)),
        NUMBERS,
        "amount",
    ),
}


@pytest.mark.parametrize("name", SILENT)
def test_what_conversions_get_silently_wrong_is_equal_here(store: Store, name: str) -> None:
    make, columns, target = SILENT[name]

    version = recorded(store, make(), columns, target)

    proof = version.proof
    assert proof is not None
    assert (proof.proven, proof.engine) == (True, "plan"), proof.reason
    assert proof.n_generated_rows >= 20_000
    assert load_scorer(store, version).engine == "plan"


def test_a_model_that_no_form_can_be_made_of_is_served_by_scikit_learn(store: Store) -> None:
    own = FunctionTransformer(np.cbrt, feature_names_out="one-to-one")
    estimator = make_pipeline(SimpleImputer(), _Odd(), own, LogisticRegression())
    data = rows("y")
    fitted = estimator.fit(data[NUMBERS], data["y"])

    found = proven_form(
        store,
        Place("toy", "r", 1),
        replace(a_reference(), estimator=fitted),
        material(a_reference()),
    )

    assert (found.proof.proven, found.proof.engine, found.files) == (False, SCIKIT_LEARN, {})
    assert found.proof.reason


class _Odd(FunctionTransformer):  # type: ignore[misc]
    """A class no plan knows."""


def test_an_attempt_that_is_repeated_finds_its_proof(store: Store) -> None:
    reference = a_reference()
    place, made = Place("toy", "r", 1), material(reference)

    first = proven_form(store, place, reference, made)
    again = proven_form(store, place, reference, made, compile_forms=_never)
    other = proven_form(store, Place("toy", "r", 2), reference, made)

    assert first == again
    assert [*first.files] == [COMPILED]
    assert first.files[COMPILED].sha256 == other.files[COMPILED].sha256
    assert store.find(place.key(PROOF)) is not None


def _never(*_: object) -> Compiled:
    raise AssertionError("it was compiled again")


def test_a_compiler_that_crashes_does_not_cost_the_training(store: Store) -> None:
    reference = a_reference()

    def crash(*_: object) -> Compiled:
        raise RuntimeError("secret 42")

    found = proven_form(
        store, Place("toy", "r", 1), reference, material(reference), compile_forms=crash
    )

    assert (found.proof.proven, found.files) == (False, {})
    assert found.proof.reason == "proving failed with RuntimeError"


class _Torn(CompiledForm):
    """A form whose bytes end too early."""

    def __init__(self, true: CompiledForm) -> None:
        self._true = true

    @property
    def engine(self) -> Any:
        return self._true.engine

    def outputs(self, values: Mapping[str, Sequence[object]], n_rows: int) -> Outputs:
        return self._true.outputs(values, n_rows)

    def to_bytes(self) -> bytes:
        return self._true.to_bytes()[:-20]


def test_a_form_that_cannot_be_read_back_is_not_stored(store: Store) -> None:
    reference = a_reference()

    def torn(*given: Any) -> Compiled:
        compiled = compile_forms(*given)
        return Compiled(tuple(_Torn(form) for form in compiled.forms), compiled.problems)

    found = proven_form(
        store, Place("toy", "r", 1), reference, material(reference), compile_forms=torn
    )

    assert (found.proof.proven, found.files) == (False, {})
    assert "cannot be read back" in (found.proof.reason or "")
