"""From a manifest to a scorer: anything altered is refused."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from headgate.artifacts.files import (
    CONTRACT,
    GOLDEN,
    MODEL,
    cut,
    parts_of,
    read_contract,
    verify_ref,
)
from headgate.artifacts.loading import load_version, read_file
from headgate.artifacts.persistence import dump_estimator
from headgate.documents.base import sha256_of
from headgate.documents.version import Manifest, StoredFile
from headgate.errors import IntegrityError, NotFoundError
from headgate.scoring.golden import GoldenMismatchError
from headgate.store import Store
from headgate.training.recording import record_version

GENERATOR = np.random.default_rng(4)
DATA = pd.DataFrame(GENERATOR.normal(size=(60, 2)), columns=["a", "b"])
DATA["y"] = np.where(DATA["a"] > 0, "yes", "no")
ESTIMATOR = LogisticRegression().fit(DATA[["a", "b"]], DATA["y"])


@pytest.fixture
def version(store: Store) -> Manifest:
    return record_version(store, "demo", ESTIMATOR, DATA, "y")


def replaced(store: Store, manifest: Manifest, name: str, data: bytes) -> Manifest:
    """Return a manifest that names other bytes, as whoever may write manifests could make it."""
    key = f"models/demo/artifacts/planted/0001/{name}"
    store.put_if_absent(key, data)
    file = StoredFile(key=key, size=len(data), sha256=sha256_of(data))
    return manifest.model_copy(update={"files": {**manifest.files, name: file}})


def test_a_version_loads_and_answers_as_its_estimator(store: Store, version: Manifest) -> None:
    scorer = load_version(store, version)

    scored = scorer.score([{"a": 1.0, "b": 0.0}, {"a": -1.0, "b": 0.0}])

    assert scored.predictions == ["yes", "no"]
    assert scorer.contract == read_contract(store, version)


@pytest.mark.parametrize("name", [MODEL, CONTRACT, GOLDEN])
@pytest.mark.parametrize("where", [0, -1, 40])
def test_a_changed_byte_in_a_file_is_refused(
    store: Store, version: Manifest, name: str, where: int
) -> None:
    path = Path(store.uri(version.files[name].key))
    data = bytearray(path.read_bytes())
    data[where] ^= 1
    path.write_bytes(data)

    with pytest.raises(IntegrityError, match="not what was recorded"):
        load_version(store, version)


@pytest.mark.parametrize(
    "damage",
    [lambda path: path.unlink(), lambda path: path.write_bytes(b"")],
    ids=["gone", "empty"],
)
def test_a_file_that_is_gone_or_empty_is_refused(
    store: Store, version: Manifest, damage: Callable[[Path], Any]
) -> None:
    damage(Path(store.uri(version.files[MODEL].key)))

    assert not verify_ref(store, version.files)
    with pytest.raises(IntegrityError):
        load_version(store, version)


def test_another_model_under_the_same_manifest_is_found_by_the_golden_rows(
    store: Store, version: Manifest
) -> None:
    other = LogisticRegression(C=0.01).fit(DATA[["a", "b"]], DATA["y"])
    planted = replaced(store, version, MODEL, dump_estimator(other))

    with pytest.raises(GoldenMismatchError, match="golden rows"):
        load_version(store, planted)


def test_a_model_of_other_classes_is_refused(store: Store, version: Manifest) -> None:
    other = LogisticRegression().fit(DATA[["a", "b"]], DATA["y"].map({"yes": "ja", "no": "nein"}))
    planted = replaced(store, version, MODEL, dump_estimator(other))

    with pytest.raises(IntegrityError, match="classes"):
        load_version(store, planted)


def test_other_rules_than_at_training_are_found_by_the_golden_rows(
    store: Store, version: Manifest
) -> None:
    rules = version.rules.model_copy(update={"threshold": 0.999999})

    with pytest.raises(GoldenMismatchError):
        load_version(store, version.model_copy(update={"rules": rules}))


def test_golden_rows_of_a_newer_format_are_refused_not_guessed(
    store: Store, version: Manifest
) -> None:
    golden = json.loads(read_file(store, version, GOLDEN))
    golden["schema_version"] = 99
    planted = replaced(store, version, GOLDEN, json.dumps(golden).encode())

    with pytest.raises(IntegrityError, match="not a readable GoldenRows"):
        load_version(store, planted)


def test_a_file_the_version_does_not_have_is_named_with_those_it_has(
    store: Store, version: Manifest
) -> None:
    with pytest.raises(NotFoundError, match=r"demo@v0001 has no file 'model.onnx' .*model\.skops"):
        read_file(store, version, "model.onnx")


@pytest.mark.parametrize(("made_with", "warned"), [("0.9.2", True), ("1.9.0", False)])
def test_another_minor_of_scikit_learn_is_logged_and_golden_rows_decide(
    store: Store,
    version: Manifest,
    caplog: pytest.LogCaptureFixture,
    made_with: str,
    warned: bool,
) -> None:
    libraries = {**version.provenance.libraries, "scikit-learn": made_with}
    provenance = version.provenance.model_copy(update={"libraries": libraries})
    caplog.set_level(logging.WARNING)

    load_version(store, version.model_copy(update={"provenance": provenance}))

    assert ("was made with scikit-learn 0.9.2" in caplog.text) is warned


def test_a_file_too_large_for_one_object_is_read_from_its_parts(
    store: Store, version: Manifest
) -> None:
    data = read_file(store, version, MODEL)
    files = {name: file for name, file in version.files.items() if name != MODEL}
    for name, part in cut(MODEL, data, size=1000).items():
        key = f"models/demo/artifacts/parts/0001/{name}"
        store.put_if_absent(key, part)
        files[name] = StoredFile(key=key, size=len(part), sha256=sha256_of(part))
    in_parts = version.model_copy(update={"files": files})

    assert len(parts_of(files, MODEL)) > 1
    assert read_file(store, in_parts, MODEL) == data
    assert load_version(store, in_parts).score([{"a": 1.0, "b": 0.0}]).predictions == ["yes"]
