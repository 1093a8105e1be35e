"""Model files from elsewhere."""

import importlib
import os
import pickle
from pathlib import Path
from textwrap import dedent
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from headgate.artifacts.loading import load_version
from headgate.artifacts.persistence import UntrustedTypeError, dump_estimator
from headgate.errors import IntegrityError, NotFoundError, UsageError
from headgate.spec_loading import add_models_path
from headgate.store import Store
from headgate.training.importing import ImportFailedError, import_file, open_model_file

GENERATOR = np.random.default_rng(4)
DATA = pd.DataFrame(GENERATOR.normal(size=(100, 2)), columns=["a", "b"])
DATA["y"] = (DATA["a"] > 0).astype(int)
ESTIMATOR = LogisticRegression().fit(DATA[["a", "b"]], DATA["y"])

OWN_CLASS = """
    from sklearn.linear_model import LogisticRegression

    class Careful(LogisticRegression):
        pass
"""


@pytest.fixture
def rows(tmp_path: Path) -> str:
    DATA.to_csv(tmp_path / "rows.csv", index=False)
    return str(tmp_path / "rows.csv")


class Payload:
    """A pickle that writes a file where it is opened."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.canary}",)


def test_a_skops_file_becomes_a_version(store: Store, tmp_path: Path, rows: str) -> None:
    path = tmp_path / "model.skops"
    path.write_bytes(dump_estimator(ESTIMATOR))

    manifest = import_file(store, "demo", path, rows, "y", by="ada")

    assert (manifest.origin, manifest.classes) == ("imported", (0, 1))
    assert load_version(store, manifest).score([{"a": 3, "b": 0}]).predictions == [1]


@pytest.mark.parametrize("ending", [".joblib", ".pkl", ".pickle"])
def test_a_pickle_is_refused_unless_it_is_allowed(
    store: Store, tmp_path: Path, rows: str, ending: str
) -> None:
    path = tmp_path / f"model{ending}"
    joblib.dump(ESTIMATOR, path)

    with pytest.raises(UsageError, match="--allow-pickle"):
        import_file(store, "demo", path, rows, "y")
    manifest = import_file(store, "demo", path, rows, "y", allow_pickle=True)

    assert manifest.metrics["accuracy"] > 0.9


def test_a_refused_pickle_is_not_opened(store: Store, tmp_path: Path, rows: str) -> None:
    path, canary = tmp_path / "model.pkl", tmp_path / "canary"
    path.write_bytes(pickle.dumps(Payload(canary)))

    with pytest.raises(UsageError):
        import_file(store, "demo", path, rows, "y")

    assert not canary.exists()


def test_an_allowed_pickle_runs_in_a_process_without_our_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Reads(Payload):
        def __reduce__(self) -> Any:
            return os.system, (f"echo pid=$PPID key=$HEADGATE_API_KEYS > {self.canary}",)

    monkeypatch.setenv("HEADGATE_API_KEYS", "ada:admin:very-secret-key-of-ada")
    path, canary = tmp_path / "model.pkl", tmp_path / "canary"
    path.write_bytes(pickle.dumps(Reads(canary)))

    with pytest.raises((ImportFailedError, IntegrityError)):
        open_model_file(path, allow_pickle=True)

    said = canary.read_text()
    assert "very-secret" not in said
    assert f"pid={os.getpid()} " not in said


def test_an_own_class_in_a_pickle_needs_its_folder_and_the_operators_trust(
    store: Store, tmp_path: Path, rows: str
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / "careful.py").write_text(dedent(OWN_CLASS))
    add_models_path([models])
    Careful = importlib.import_module("models.careful").Careful
    path = tmp_path / "model.joblib"
    joblib.dump(Careful().fit(DATA[["a", "b"]], DATA["y"]), path)

    with pytest.raises(ImportFailedError, match="HEADGATE_MODELS_DIR"):
        import_file(store, "demo", path, rows, "y", allow_pickle=True)
    with pytest.raises(UntrustedTypeError, match=r"models\.careful\.Careful"):
        import_file(store, "demo", path, rows, "y", allow_pickle=True, models_dirs=[models])
    manifest = import_file(
        store,
        "demo",
        path,
        rows,
        "y",
        allow_pickle=True,
        models_dirs=[models],
        trusted_types=["models.careful.Careful"],
    )

    assert manifest.types == ("models.careful.Careful",)


def test_a_file_that_is_no_model_is_refused_by_what_it_is(
    store: Store, tmp_path: Path, rows: str
) -> None:
    (tmp_path / "model.onnx").write_bytes(b"x")
    (tmp_path / "model.pkl").write_bytes(b"no pickle")
    (tmp_path / "model.skops").write_bytes(b"no archive")

    with pytest.raises(UsageError, match="no known format"):
        import_file(store, "demo", tmp_path / "model.onnx", rows, "y")
    with pytest.raises(ImportFailedError, match="could not be opened"):
        import_file(store, "demo", tmp_path / "model.pkl", rows, "y", allow_pickle=True)
    with pytest.raises(IntegrityError, match="cannot be read"):
        import_file(store, "demo", tmp_path / "model.skops", rows, "y")
    with pytest.raises(NotFoundError, match="There is no file"):
        import_file(store, "demo", tmp_path / "missing.skops", rows, "y")


def test_a_pickle_that_never_ends_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Sleeps(Payload):
        def __reduce__(self) -> Any:
            return os.system, ("exec sleep 30",)

    monkeypatch.setattr("headgate.training.importing.TIMEOUT_SECONDS", 0.05)
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(Sleeps(tmp_path)))

    with pytest.raises(ImportFailedError, match="gave up"):
        open_model_file(path, allow_pickle=True)
