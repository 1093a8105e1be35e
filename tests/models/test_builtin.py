"""Every built-in model trains offline to an accuracy above the floor it declares."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import get_scorer

from headgate.artifacts.persistence import check_servable_types
from headgate.contract.frames import to_frame
from headgate.data.sources import read_frame
from headgate.spec import ModelSpec
from headgate.spec_loading import list_specs, load_spec
from headgate.store import open_store
from headgate.training.prepare import Declared, Prepared, prepare
from tests.headgate.training.small_models import train

MODELS = Path(__file__).resolve().parents[2] / "models"
NAMES = ["breast_cancer", "diabetes", "digits", "iris", "sentiment"]


def loaded(name: str) -> ModelSpec:
    return load_spec(name, [MODELS]).spec


def prepared_rows(spec: ModelSpec) -> Prepared:
    return prepare(read_frame(spec.source), Declared.of(spec))


def fitted(spec: ModelSpec, prepared: Prepared, **params: Any) -> tuple[Any, float]:
    """Return the fitted estimator and its primary metric on the holdout."""
    frame, targets = to_frame(prepared.contract, prepared.values), np.array(prepared.targets)
    train, holdout = prepared.is_train, prepared.is_holdout
    estimator = spec.estimator(spec.seed, **params)
    estimator.fit(frame[train], targets[train])
    scorer = get_scorer(spec.rules().metrics.primary)
    return estimator, float(scorer(estimator, frame[holdout], targets[holdout]))


def test_the_built_in_models_are_found() -> None:
    assert list_specs([MODELS]) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_built_in_model_keeps_its_floor_and_can_be_served(name: str) -> None:
    spec = loaded(name)
    prepared = prepared_rows(spec)

    estimator, score = fitted(spec, prepared)

    assert not prepared.quarantined
    assert spec.gate.floor is not None
    assert score > spec.gate.floor
    check_servable_types(estimator, ())


@pytest.mark.parametrize("name", NAMES)
def test_a_built_in_model_is_served_by_a_proven_form_many_times_faster(
    name: str, tmp_path: Path
) -> None:
    version, *_ = train(open_store(str(tmp_path)), load_spec(name, [MODELS]))

    proof = version.proof
    assert proof is not None
    assert proof.uses_compiled, proof.reason
    assert proof.n_label_differences == 0
    assert proof.n_generated_rows >= (2000 if name == "digits" else 20_000)
    one_row = {engine: by[1] for engine, by in proof.timings_us.items()}
    assert one_row[proof.engine] < one_row["scikit-learn"] / 4


@pytest.mark.parametrize("name", NAMES)
def test_a_built_in_model_says_what_it_is(name: str) -> None:
    spec = loaded(name)

    assert spec.owner
    assert spec.purpose
    assert spec.model_config["frozen"]


def test_iris_has_its_four_measurements_and_species_by_name() -> None:
    frame = read_frame(loaded("iris").source).frame

    assert list(frame) == ["sepal_length", "sepal_width", "petal_length", "petal_width", "species"]
    assert set(frame["species"]) == {"setosa", "versicolor", "virginica"}


def test_digits_are_base64_png_and_numbers() -> None:
    frame = read_frame(loaded("digits").source).frame

    assert list(frame) == ["image_b64", "digit"]
    assert base64.b64decode(frame["image_b64"][0]).startswith(b"\x89PNG")
    assert sorted(set(frame["digit"])) == list(range(10))


def test_diabetes_is_in_the_units_it_was_measured_in() -> None:
    frame = read_frame(loaded("diabetes").source).frame

    assert list(frame)[:4] == ["age", "sex", "bmi", "bp"]
    assert list(frame)[-1] == "progression"
    assert 18 <= frame["age"].min() <= frame["age"].max() <= 80


def test_breast_cancer_has_plain_column_names_and_labels() -> None:
    frame = read_frame(loaded("breast_cancer").source).frame

    assert all(str(name).isidentifier() for name in frame)
    assert set(frame["diagnosis"]) == {"benign", "malignant"}


def test_sentiment_finds_its_sample_from_any_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    spec = loaded("sentiment")

    assert list(read_frame(spec.source).frame) == ["text", "label"]
    assert fitted(spec, prepared_rows(spec))[1] >= 0.75


def test_digits_can_be_trained_simply_well_and_wrongly() -> None:
    spec = loaded("digits")
    prepared = prepared_rows(spec)

    _, default = fitted(spec, prepared)
    _, simple = fitted(spec, prepared, method="naive_bayes")
    _, mistaken = fitted(spec, prepared, gamma=5.0)

    assert default >= 0.97
    assert 0.80 <= simple <= 0.90
    assert mistaken < 0.5


def test_digits_refuses_a_method_it_does_not_have() -> None:
    with pytest.raises(ValueError, match="no method 'forest'"):
        loaded("digits").estimator(0, method="forest")
