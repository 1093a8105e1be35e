"""The models that come with the project, and those `headgate new` writes, have exact plans."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from headgate.compiled import read_form
from headgate.compiling import compile_forms
from headgate.contract import Contract
from headgate.contract.filling import fill
from headgate.contract.frames import columns_of
from headgate.contract.inference import infer_columns
from headgate.scaffold.writing import write_spec
from headgate.scoring.answers import ScoringError
from headgate.scoring.estimators import classes_of
from headgate.scoring.scorer import build_input
from headgate.spec import ModelSpec
from headgate.spec_loading import load_spec
from headgate.training.fitting import input_form_of

MODELS = Path(__file__).parents[3] / "models"


def check(spec: ModelSpec, frame: pd.DataFrame) -> None:
    """Fit a model on all its rows, and compare its plan with it."""
    values = columns_of(frame.drop(columns=[spec.target]), Contract.model_construct(columns=()))
    columns = [fill(one, values[one.name], textual=False) for one in spec.features]
    contract = Contract(
        columns=tuple(columns or infer_columns(frame, exclude=(spec.target,), textual=False))
    )
    used = {column.name: values[column.name] for column in contract.columns}
    clean = contract.clean_columns(used, len(frame))
    assert not clean.errors
    estimator: Any = spec.estimator(0)
    form = input_form_of(estimator, contract)
    X = build_input(form, contract, clean.values, len(frame))
    estimator.fit(X, frame[spec.target].to_numpy())
    classes = classes_of(estimator) if spec.task == "classification" else None

    compiled = compile_forms(estimator, form, contract, classes)

    assert compiled.problems == ()
    (plan,) = compiled.forms
    assert plan.engine == "plan"
    found = read_form(plan.to_bytes()).outputs(clean.values, len(frame))
    if classes is None:
        assert found.values is not None
        np.testing.assert_allclose(found.values, estimator.predict(X), rtol=1e-12)
        return
    assert found.class_index is not None
    assert found.probabilities is not None
    own = estimator.predict(X)
    assert [classes[i] for i in found.class_index.tolist()] == own.tolist()
    expected = estimator.predict_proba(X)
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-12)


@pytest.mark.parametrize("name", ["iris", "digits", "diabetes", "breast_cancer", "sentiment"])
def test_a_model_of_ours_has_an_exact_plan(name: str) -> None:
    spec = load_spec(name, [MODELS]).spec
    assert callable(spec.source)
    frame = spec.source()

    check(spec, frame if name != "digits" else frame.head(500))


@pytest.mark.parametrize("kind", ["numbers", "words", "text", "codes"])
@pytest.mark.parametrize("target", ["label", "amount"])
def test_what_headgate_new_writes_has_an_exact_plan(kind: str, target: str, tmp_path: Path) -> None:
    draw = np.random.default_rng(2)
    n = 300
    frame = pd.DataFrame({"age": draw.integers(18, 90, n), "height": draw.normal(170, 9, n)})
    if kind != "numbers":
        frame["city"] = draw.choice(["Bern", "Köln", "Paris", "Rom"], n)
        frame["paid"] = draw.random(n) < 0.5
    if kind in ("text", "codes"):
        words = draw.choice(["it's good", "très bien", "not bad", "awful", "ok"], (n, 4))
        joined = ["".join(row).replace(" ", "")[:9] + str(i) for i, row in enumerate(words)]
        frame["note"] = joined if kind == "codes" else [" ".join(row) for row in words]
    frame["amount"] = frame["age"] * 2.0 + draw.normal(size=n)
    frame["label"] = np.where(frame["amount"] > 100, "yes", "no")
    path = tmp_path / "rows.parquet"
    frame.drop(columns=[{"label": "amount", "amount": "label"}[target]]).to_parquet(path)
    write_spec("made", str(path), target, tmp_path / "models")

    check(load_spec("made", [tmp_path / "models"]).spec, pd.read_parquet(path))


def test_an_image_that_cannot_be_decoded_is_refused() -> None:
    spec = load_spec("digits", [MODELS]).spec
    assert callable(spec.source)
    frame = spec.source().head(200)
    contract = Contract(columns=spec.features)
    estimator = spec.estimator(0, method="naive_bayes")
    values: dict[str, list[object]] = {"image_b64": frame["image_b64"].tolist()}
    estimator.fit(build_input("frame", contract, values, 200), frame["digit"].to_numpy())
    (plan,) = compile_forms(estimator, "frame", contract, classes_of(estimator)).forms

    for bad in (None, "", "not base64!", "iVBORw0KGgo="):
        with pytest.raises(ScoringError, match="cannot be decoded"):
            plan.outputs({"image_b64": [bad]}, 1)
