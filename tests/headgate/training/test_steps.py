"""A whole training: what each step stores, and that repeating a step changes nothing."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headgate.artifacts.files import (
    GOLDEN,
    HOLDOUT,
    METRICS,
    MODEL,
    REFERENCE,
    TRAINING_ROWS,
    verify_ref,
)
from headgate.artifacts.loading import load_version, read_file
from headgate.artifacts.persistence import UnservableTypeError
from headgate.data.holdout import read_holdout, read_training_rows, trained_on
from headgate.documents.version import Manifest
from headgate.errors import IntegrityError, UsageError
from headgate.scoring.golden import GoldenRows
from headgate.spec_loading import LoadedSpec
from headgate.store import Store, open_store
from headgate.training.prepare import PreparationError
from headgate.training.reference import NumberProfile, Reference
from headgate.training.refs import DataRef, EvalRef, FitRef, StoredMetrics
from headgate.training.steps import check_trainable, evaluate_model, fit_model, load_data
from tests.headgate.training.small_models import FLOWERS, PRICES, train, write_model

Trained = tuple[Manifest, DataRef, FitRef, EvalRef]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("project")


@pytest.fixture(scope="module")
def store(folder: Path) -> Store:
    return open_store(str(folder / "runtime"))


@pytest.fixture(scope="module")
def flowers(folder: Path) -> LoadedSpec:
    return write_model(folder, "flowers", FLOWERS)


@pytest.fixture(scope="module")
def trained(store: Store, flowers: LoadedSpec) -> Trained:
    return train(store, flowers)


@pytest.fixture(scope="module")
def prices(store: Store, folder: Path) -> Trained:
    return train(store, write_model(folder, "prices", PRICES))


def test_a_training_ends_with_a_version_that_loads_and_answers(
    store: Store, trained: Trained
) -> None:
    manifest = trained[0]

    scorer = load_version(store, manifest)
    scored = scorer.score([scorer.contract.example()])

    assert manifest.version == "v0001"
    assert manifest.classes == ("setosa", "versicolor", "virginica")
    assert scored.predictions[0] in manifest.classes
    assert manifest.metrics["accuracy"] > 0.8
    assert set(manifest.metrics) == {"accuracy", "f1_macro"}


def test_the_manifest_says_where_the_version_comes_from(
    trained: Trained, flowers: LoadedSpec
) -> None:
    manifest, data, fitted, _ = trained
    origin = manifest.provenance

    assert (origin.data_uri, origin.data_sha256) == ("python:models.flowers.source", data.sha256)
    assert origin.n_rows_train + origin.n_rows_holdout + origin.n_rows_rejected == 150
    assert origin.code_sha256 == flowers.code_sha256
    assert "scikit-learn" in origin.libraries
    assert (manifest.owner, manifest.origin) == ("garden", "trained")
    assert fitted.fit_seconds > 0


def test_the_holdout_reads_back_to_identical_values(store: Store, trained: Trained) -> None:
    manifest, _, fitted, _ = trained

    holdout = read_holdout(store, manifest)

    assert holdout.n_rows == fitted.n_rows_holdout
    assert {type(v) for column in holdout.values.values() for v in column} == {float}
    assert set(holdout.targets) <= set(manifest.classes or ())


def test_no_holdout_row_was_trained_on_and_every_training_row_is_known(
    store: Store, trained: Trained
) -> None:
    manifest, _, fitted, _ = trained
    names = fitted.contract.names

    seen = trained_on(store, manifest, names, read_holdout(store, manifest))
    prints = read_training_rows(store, manifest)

    assert not seen.any()
    assert 0 < len(prints) <= fitted.n_rows_train
    assert np.array_equal(prints, np.sort(prints))


def test_the_metrics_stand_beside_those_of_a_model_that_ignores_its_input(
    store: Store, trained: Trained
) -> None:
    manifest, _, _, measured = trained

    stored = StoredMetrics.from_bytes(read_file(store, manifest, METRICS), METRICS)

    assert stored.metrics == measured.metrics
    assert (stored.trivial["accuracy"] or 1) < (stored.metrics["accuracy"] or 0)


def test_the_reference_profiles_the_training_rows(store: Store, trained: Trained) -> None:
    manifest, _, fitted, _ = trained

    reference = Reference.from_bytes(read_file(store, manifest, REFERENCE), REFERENCE)

    profile = reference.columns["sepal length (cm)"]
    assert isinstance(profile, NumberProfile)
    assert profile.n_rows == sum(profile.counts) == fitted.n_rows_train
    assert reference.predictions.n_rows == fitted.n_rows_holdout


def test_golden_rows_are_about_sixteen_with_every_class(store: Store, trained: Trained) -> None:
    golden = GoldenRows.from_bytes(read_file(store, trained[0], GOLDEN), GOLDEN)

    assert 8 <= len(golden.rows) <= 16
    assert {output.prediction for output in golden.outputs} == set(trained[0].classes or ())


def test_a_search_keeps_its_best_and_its_trials(prices: Trained) -> None:
    manifest, _, fitted, _ = prices

    assert manifest.estimator.endswith("HistGradientBoostingRegressor")
    assert len(fitted.trials) == 2
    assert fitted.n_rows_rejected == 1
    assert fitted.reasons[0].problem == "is missing"
    assert manifest.classes is None
    assert manifest.metrics["neg_mean_absolute_error"] < 0


def test_repeating_a_step_of_an_attempt_changes_nothing(
    store: Store, flowers: LoadedSpec, trained: Trained
) -> None:
    _, data, fitted, measured = trained

    again = fit_model(store, flowers, data, run_id="r1", attempt=1)
    measured_again = evaluate_model(store, flowers, data, fitted, run_id="r1", attempt=1)

    assert again.files == fitted.files
    assert measured_again == measured


def test_results_of_a_step_survive_as_json(trained: Trained) -> None:
    _, data, fitted, measured = trained

    assert DataRef.model_validate_json(data.model_dump_json()) == data
    assert FitRef.model_validate_json(fitted.model_dump_json()) == fitted
    assert EvalRef.model_validate_json(measured.model_dump_json()) == measured


def test_another_attempt_writes_beside_the_first(
    store: Store, flowers: LoadedSpec, trained: Trained
) -> None:
    fitted = fit_model(store, flowers, trained[1], run_id="r1", attempt=2)

    assert fitted.files[MODEL].key == "models/flowers/artifacts/r1/0002/model.skops"
    assert fitted.files[MODEL].sha256 == trained[2].files[MODEL].sha256


def test_a_reference_is_whole_only_while_every_file_is_as_recorded(
    store: Store, flowers: LoadedSpec, trained: Trained
) -> None:
    fitted = fit_model(store, flowers, trained[1], run_id="r2", attempt=1)
    assert verify_ref(store, fitted.files)

    path = Path(store.uri(fitted.files[MODEL].key))
    path.write_bytes(path.read_bytes()[:-1] + b"x")

    assert not verify_ref(store, fitted.files)


def test_a_file_somebody_else_wrote_in_an_attempts_place_is_refused(
    store: Store, flowers: LoadedSpec, trained: Trained
) -> None:
    store.put_if_absent("models/flowers/artifacts/r3/0001/model.skops", b"other")

    with pytest.raises(IntegrityError, match="other bytes"):
        fit_model(store, flowers, trained[1], run_id="r3", attempt=1)


def test_a_type_no_server_loads_is_refused_before_any_work(folder: Path) -> None:
    text = FLOWERS.replace("StandardScaler()", "FunctionTransformer(lambda x: x)").replace(
        "import StandardScaler", "import FunctionTransformer"
    )
    loaded = write_model(folder, "lambdas", text.replace('"flowers"', '"lambdas"'))

    with pytest.raises(UnservableTypeError, match="lambda"):
        check_trainable(loaded)


@pytest.mark.parametrize(
    ("name", "old", "new", "error", "found"),
    [
        ("badmetric", 'primary="accuracy"', 'primary="f1"', UsageError, "f1"),
        ("badthreshold", 'owner="garden"', "threshold=0.5", UsageError, "threshold is for two"),
        (
            "oneclass",
            "bunch.target_names[bunch.target]",
            '"one"',
            PreparationError,
            "one class of 'species'",
        ),
    ],
)
def test_a_declaration_that_does_not_fit_the_data_is_refused_before_the_fit(
    folder: Path,
    store: Store,
    name: str,
    old: str,
    new: str,
    error: type[Exception],
    found: str,
) -> None:
    text = FLOWERS.replace(old, new).replace('"flowers"', f'"{name}"')
    loaded = write_model(folder, name, text)
    data = load_data(store, loaded.spec)

    with pytest.raises(error, match=found):
        fit_model(store, loaded, data, run_id="r1", attempt=1)


def test_thresholds_of_an_estimator_without_probabilities_are_refused(
    folder: Path, store: Store
) -> None:
    text = FLOWERS.replace("LogisticRegression(C=C, random_state=seed)", "LinearSVC()")
    text = text.replace(
        "sklearn.linear_model import LogisticRegression", "sklearn.svm import LinearSVC"
    )
    text = text.replace('owner="garden"', "confidence_threshold=0.9").replace("flowers", "machine")
    loaded = write_model(folder, "machine", text)

    with pytest.raises(UsageError, match="gives no probabilities"):
        fit_model(store, loaded, load_data(store, loaded.spec), run_id="r1", attempt=1)


def test_the_holdout_of_a_version_is_parquet(store: Store, trained: Trained) -> None:
    data: Any = read_file(store, trained[0], HOLDOUT)

    assert data[:4] == b"PAR1"
    assert np.load(io.BytesIO(read_file(store, trained[0], TRAINING_ROWS))).dtype == np.uint64
