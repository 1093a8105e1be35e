"""Bytes that somebody else wrote or changed: nothing runs while they load."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from headgate.artifacts.persistence import (
    UntrustedTypeError,
    dump_estimator,
    load_estimator,
)
from headgate.errors import IntegrityError
from tests.headgate.artifacts.samples import X, Y


def planted(change: Callable[[dict[str, Any]], None], estimator: Any = None) -> bytes:
    """Return an artifact whose schema was changed by somebody else."""
    data = dump_estimator(estimator or LogisticRegression().fit(X, Y))
    with ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(members["schema.json"])
    change(schema)
    members["schema.json"] = json.dumps(schema).encode()
    written = io.BytesIO()
    with ZipFile(written, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return written.getvalue()


def json_node(value: object) -> dict[str, Any]:
    return {
        "__class__": "str",
        "__module__": "builtins",
        "__loader__": "JsonNode",
        "content": json.dumps(value),
        "is_json": True,
    }


def listed(loader: str, *items: dict[str, Any]) -> dict[str, Any]:
    name = loader.removesuffix("Node").lower()
    return {
        "__class__": name,
        "__module__": "builtins",
        "__loader__": loader,
        "content": list(items),
    }


def reached_by_constructor(command: str) -> dict[str, Any]:
    return {
        "__class__": "system",
        "__module__": "os",
        "__loader__": "ConstructorFromReduceNode",
        "content": listed("TupleNode", json_node(command)),
    }


def reached_by_loss(command: str) -> dict[str, Any]:
    return {
        "__class__": "system",
        "__module__": "os",
        "__loader__": "LossNode",
        "__reduce__": {"args": listed("TupleNode", json_node(command))},
        "content": listed("TupleNode"),
    }


def reached_by_partial(command: str) -> dict[str, Any]:
    function = {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"}
    return {
        "__class__": "partial",
        "__module__": "functools",
        "__loader__": "PartialNode",
        "content": {
            "func": function,
            "args": listed("TupleNode", json_node(command)),
            "kwds": json_node({}),
            "namespace": json_node(None),
        },
    }


def reached_by_method(command: str) -> dict[str, Any]:
    return {
        "__class__": "methodcaller",
        "__module__": "operator",
        "__loader__": "OperatorFuncNode",
        "attrs": listed("TupleNode", json_node("system"), json_node(command)),
    }


@pytest.mark.parametrize("protocol", [0, 1, 2])
@pytest.mark.parametrize(
    "payload", [reached_by_constructor, reached_by_loss, reached_by_partial, reached_by_method]
)
def test_a_planted_payload_is_refused_and_executes_nothing(
    payload: Callable[[str], dict[str, Any]], protocol: int, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"

    def plant(schema: dict[str, Any]) -> None:
        schema["protocol"] = protocol
        schema["content"]["content"]["evil"] = payload(f"touch {canary}")

    with pytest.raises((UntrustedTypeError, IntegrityError)):
        load_estimator(planted(plant))

    assert not canary.exists()


def test_a_module_of_a_refused_type_is_not_even_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = tmp_path / "canary"
    (tmp_path / "planted_module.py").write_text(f"open({str(canary)!r}, 'w')\nclass X: pass\n")
    monkeypatch.syspath_prepend(tmp_path)

    def plant(schema: dict[str, Any]) -> None:
        schema["__module__"], schema["__class__"] = "planted_module", "X"

    with pytest.raises(UntrustedTypeError, match=r"planted_module\.X"):
        load_estimator(planted(plant))

    assert not canary.exists()


def test_older_protocols_whose_readers_are_less_strict_are_refused() -> None:
    with pytest.raises(IntegrityError, match="protocol 1"):
        load_estimator(planted(lambda schema: schema.update(protocol=1)))


@pytest.mark.parametrize("data", [b"", b"not a zip", b"PK\x03\x04broken"])
def test_bytes_that_are_no_artifact_are_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError, match="cannot be read"):
        load_estimator(data)


def test_an_artifact_that_cannot_predict_is_refused() -> None:
    with pytest.raises(IntegrityError, match="cannot predict"):
        load_estimator(dump_estimator(StandardScaler().fit(X)))


def test_an_archive_that_unpacks_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headgate.artifacts.persistence.MAX_UNPACKED_BYTES", 100)

    with pytest.raises(IntegrityError, match="would unpack to"):
        load_estimator(dump_estimator(LogisticRegression().fit(X, Y)))


def test_another_scikit_learn_is_logged_and_left_to_the_golden_rows(
    caplog: pytest.LogCaptureFixture,
) -> None:
    estimator = LogisticRegression().fit(X, Y)
    vars(estimator)["_sklearn_version"] = "0.1"
    data = planted(
        lambda schema: schema["content"]["content"].update(_sklearn_version=json_node("0.1")),
        estimator,
    )

    loaded = load_estimator(data)

    assert np.array_equal(loaded.predict(X), estimator.predict(X))
    assert "0.1" in caplog.text
