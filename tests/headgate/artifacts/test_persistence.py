"""Estimators as bytes: only allowed types, and nothing runs while they load."""

import io
import json
import os
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from headgate.artifacts.persistence import (
    UnservableTypeError,
    UntrustedTypeError,
    check_servable_types,
    dump_estimator,
    load_estimator,
    untrusted_types,
)
from headgate.errors import IntegrityError

GENERATOR = np.random.default_rng(3)
X = GENERATOR.normal(size=(120, 3))
Y = (X[:, 0] > X[:, 1]).astype(int)

SERVABLE = {
    "scaled logistic": make_pipeline(StandardScaler(), LogisticRegression()),
    "forest": RandomForestClassifier(5, random_state=0),
    "boosted": GradientBoostingClassifier(n_estimators=3, random_state=0),
    "histogram boosted": HistGradientBoostingClassifier(
        max_iter=3, categorical_features=[2], random_state=0
    ),
    "calibrated": CalibratedClassifierCV(LogisticRegression(), cv=2),
    "stacked": StackingClassifier(
        [("a", LogisticRegression()), ("b", DecisionTreeClassifier(random_state=0))], cv=2
    ),
    "neighbours": KNeighborsClassifier(algorithm="kd_tree", leaf_size=5),
    "network": MLPClassifier((3,), solver="adam", tol=1.0, random_state=0),
    "ufunc": make_pipeline(FunctionTransformer(np.abs), LogisticRegression()),
}


class Ratio(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    def fit(self, X: Any, y: Any = None) -> "Ratio":  # noqa: ARG002
        self.fitted_ = True
        return self

    def transform(self, X: Any) -> Any:
        return np.column_stack([X, X[:, 0] / (1 + X[:, 1] ** 2)])


RATIO = f"{__name__}.Ratio"


def columns(name: str) -> Any:
    return np.abs(np.round(X)) if name == "histogram boosted" else X


@pytest.mark.parametrize("name", SERVABLE)
def test_what_scikit_learn_offers_is_servable_and_answers_the_same_after_loading(name: str) -> None:
    estimator, rows = SERVABLE[name], columns(name)
    check_servable_types(estimator)
    estimator.fit(rows, Y)
    check_servable_types(estimator)

    loaded = load_estimator(dump_estimator(estimator))

    assert np.array_equal(loaded.predict(rows), estimator.predict(rows))


@pytest.mark.parametrize("name", SERVABLE)
def test_equal_estimators_are_equal_bytes(name: str) -> None:
    rows = columns(name)

    first = dump_estimator(clone(SERVABLE[name]).fit(rows, Y))
    second = dump_estimator(clone(SERVABLE[name]).fit(rows, Y))

    assert first == second


def test_text_estimators_are_equal_bytes_in_another_process() -> None:
    program = (
        "from sklearn.feature_extraction.text import TfidfVectorizer\n"
        "from headgate.documents.base import sha256_of\n"
        "from headgate.artifacts.persistence import dump_estimator\n"
        "made = TfidfVectorizer(stop_words=['aa']).fit(['bb cc', 'cc dd'])\n"
        "print(sha256_of(dump_estimator(made)))\n"
    )

    def digest(hash_seed: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert digest("1") == digest("2")


def test_an_own_type_is_refused_before_training_with_the_setting_to_add() -> None:
    unfitted = make_pipeline(Ratio(), LogisticRegression())

    with pytest.raises(UnservableTypeError) as caught:
        check_servable_types(unfitted, ["models.other.Scale"])

    assert f"HEADGATE_TRUSTED_TYPES=models.other.Scale,{RATIO}" in str(caught.value)


def test_an_own_type_is_servable_and_loads_once_the_operator_trusts_it() -> None:
    estimator = make_pipeline(Ratio(), LogisticRegression()).fit(X, Y)
    data = dump_estimator(estimator)

    check_servable_types(estimator, [RATIO])

    assert untrusted_types(data) == (RATIO,)
    assert np.array_equal(load_estimator(data, [RATIO]).predict(X), estimator.predict(X))


def test_an_own_type_does_not_load_where_it_is_not_trusted() -> None:
    data = dump_estimator(make_pipeline(Ratio(), LogisticRegression()).fit(X, Y))

    with pytest.raises(UntrustedTypeError) as caught:
        load_estimator(data)

    assert f"HEADGATE_TRUSTED_TYPES={RATIO}" in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_lambda_is_refused_with_where_to_put_it() -> None:
    estimator = make_pipeline(FunctionTransformer(lambda x: x), LogisticRegression())

    with pytest.raises(UnservableTypeError, match=r"a lambda.*models/<name>\.py"):
        check_servable_types(estimator)


def test_a_type_of_the_started_script_is_refused_though_it_is_trusted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = type("Own", (Ratio,), {"__module__": "__main__"})
    monkeypatch.setattr(sys.modules["__main__"], "Own", own, raising=False)

    with pytest.raises(UnservableTypeError, match="script or notebook"):
        check_servable_types(make_pipeline(own(), LogisticRegression()), ["__main__.Own"])


def test_a_type_defined_inside_a_function_is_refused() -> None:
    class Inner(Ratio):
        pass

    with pytest.raises(UnservableTypeError, match="not at the top level"):
        check_servable_types(make_pipeline(Inner(), LogisticRegression()))


def test_of_a_search_only_what_it_varies_must_be_servable() -> None:
    search = GridSearchCV(LogisticRegression(), {"C": [1.0]}, scoring=lambda e, x, y: e.score(x, y))

    check_servable_types(search)
    with pytest.raises(UnservableTypeError):
        check_servable_types(GridSearchCV(make_pipeline(Ratio(), LogisticRegression()), {}))


def test_something_that_cannot_be_written_is_refused_by_name() -> None:
    class Locked(Ratio):
        def __reduce__(self) -> Any:
            raise TypeError("has a lock")

    with pytest.raises(UnservableTypeError, match="has a lock"):
        check_servable_types(Locked())


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


def with_nodes(change: Callable[[Any], None]) -> bytes:
    """Return a decision tree whose nodes were changed by somebody else."""
    estimator = DecisionTreeClassifier(random_state=0).fit(X, Y)
    state = estimator.tree_.__getstate__()
    change(state["nodes"])
    estimator.tree_.__setstate__(state)
    return dump_estimator(estimator)


def point(field: str, target: int) -> Callable[[Any], None]:
    def change(nodes: Any) -> None:
        nodes[field][0] = target

    return change


@pytest.mark.parametrize(
    "change",
    [
        point("left_child", 10**6),
        point("right_child", -5),
        point("left_child", 0),
        point("feature", 3),
        point("feature", -2),
    ],
    ids=["outside", "negative", "itself", "column", "no column"],
)
def test_a_tree_that_points_outside_itself_is_refused_before_it_predicts(
    change: Callable[[Any], None],
) -> None:
    with pytest.raises(IntegrityError, match="points outside"):
        load_estimator(with_nodes(change))


def test_a_boosted_tree_that_points_outside_itself_is_refused() -> None:
    estimator = HistGradientBoostingClassifier(max_iter=2).fit(X, Y)
    estimator._predictors[1][0].nodes["feature_idx"][0] = 77

    with pytest.raises(IntegrityError, match="TreePredictor"):
        load_estimator(dump_estimator(estimator))


@pytest.mark.parametrize(("part", "value"), [(1, 10**6), (1, -1), (5, 9)])
def test_neighbours_that_point_outside_their_rows_are_refused(part: int, value: int) -> None:
    estimator = KNeighborsClassifier(algorithm="kd_tree", leaf_size=5).fit(X, Y)
    state = list(estimator._tree.__getstate__())
    if isinstance(state[part], int):
        state[part] = value
    else:
        state[part][0] = value
    estimator._tree.__setstate__(tuple(state))

    with pytest.raises(IntegrityError, match="KDTree"):
        load_estimator(dump_estimator(estimator))


def test_a_forest_whose_trees_expect_other_columns_is_refused() -> None:
    estimator = RandomForestClassifier(3, random_state=0).fit(X, Y)
    estimator.estimators_[1].n_features_in_ = 9

    with pytest.raises(IntegrityError, match="RandomForestClassifier"):
        load_estimator(dump_estimator(estimator))


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


def test_types_are_named_as_other_processes_import_them() -> None:
    module = types.ModuleType("models.churn")
    Own = type("Own", (Ratio,), {"__module__": "models.churn"})
    module.Own = Own  # type: ignore[attr-defined]
    sys.modules["models.churn"] = module
    try:
        with pytest.raises(UnservableTypeError, match=r"HEADGATE_TRUSTED_TYPES=models\.churn\.Own"):
            check_servable_types(make_pipeline(Own(), LogisticRegression()))
    finally:
        del sys.modules["models.churn"]
