"""Versions of models that were fitted elsewhere: recorded from a notebook, or imported."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
from pydantic import JsonValue
from sklearn.base import is_classifier

from headgate.artifacts.persistence import check_servable_types
from headgate.contract import BooleanColumn, Contract, IntegerColumn, NumberColumn
from headgate.contract.columns import Column
from headgate.data.sources import Frame, read_frame
from headgate.documents.rules import Rules, Task
from headgate.documents.version import InputForm, Manifest, Origin
from headgate.errors import NotFoundError, UsageError
from headgate.names import check_model_name, new_run_id
from headgate.scoring.estimators import ClassValue, Estimator, classes_of, kept_part, type_name
from headgate.scoring.metrics import check_metrics
from headgate.spec import DEFAULT_METRICS
from headgate.spec_loading import LoadedSpec, load_spec
from headgate.store import Store
from headgate.training.drafting import Circumstances, draft
from headgate.training.evaluating import evaluate
from headgate.training.fitting import Fitted, input_form_of, takes_text
from headgate.training.keeping import keep_fitted
from headgate.training.loading import keep_frame
from headgate.training.prepare import (
    Declared,
    Prepared,
    prepare_holdout,
    settle_contract,
    with_text,
)
from headgate.training.subject import Subject
from headgate.training.writing import Place
from headgate.versions import commit_version

NOTEBOOK = "python:notebook"
NO_CODE = ""
Data = pd.DataFrame | str


def record_version(
    store: Store,
    model: str,
    estimator: Estimator,
    data: Data,
    target: str,
    *,
    rules: Rules | None = None,
    run_id: str | None = None,
    by: str = "unverified",
    purpose: str = "",
    parameters: Mapping[str, JsonValue] | None = None,
    origin: Origin = "recorded",
    models_dirs: Sequence[Path] = (),
    trusted_types: Collection[str] = (),
) -> Manifest:
    """Make a fitted estimator a version; all of ``data`` is the holdout it is judged on.

    Give rows the estimator was not fitted on: nothing here can tell, so the gate cannot either.
    What is declared comes from ``models/<model>.py`` if there is one, ``rules`` replace it; without
    both the estimator decides the task. ``by`` is a principal as text.

    Raises:
        UsageError: if estimator, data and declaration do not fit each other.
        UnservableTypeError: if no server would load the estimator.
    """
    estimator = kept_part(estimator)
    check_servable_types(estimator, trusted_types)
    frame = read_frame(data) if isinstance(data, str) else _notebook_frame(data)
    subject = _subject(model, estimator, target, rules, models_dirs, purpose)
    frame, declared, form = as_fitted(estimator, frame, subject.declared)
    subject = replace(subject, declared=declared)
    prepared = prepare_holdout(frame, declared)
    classes = _check_fits(subject.rules, estimator, prepared)
    place = Place(model, run_id or new_run_id(), 1)
    ref = keep_frame(store, frame, "under_1gb")
    fitted = Fitted(estimator, 0.0, (), ())
    kept = keep_fitted(
        store, place, subject.root, prepared, fitted, form, classes, 0, parameters or {}
    )
    evaluated = evaluate(store, place, subject, ref, prepared, kept, trusted_types)
    circumstances = Circumstances(place.run_id, place.attempt, by, origin)
    return commit_version(store, draft(subject, ref, kept, evaluated, circumstances))


def _notebook_frame(data: pd.DataFrame) -> Frame:
    return replace(read_frame(lambda: data), uri=NOTEBOOK)


def as_fitted(
    estimator: Estimator, frame: Frame, declared: Declared
) -> tuple[Frame, Declared, InputForm]:
    """Return the data and the declaration with the estimator's own columns, in its order.

    Raises:
        UsageError: if the data have not the columns it was fitted on.
    """
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None:
        return *_named(list(map(str, names)), frame, declared), "frame"
    if takes_text(estimator):
        declared = with_text(declared, frame)
    contract = settle_contract(frame, declared)
    if input_form_of(estimator, contract) == "text":
        return frame, declared, "text"
    _check_matrix(estimator, contract)
    return frame, declared, "matrix"


def _named(names: list[str], frame: Frame, declared: Declared) -> tuple[Frame, Declared]:
    have = [str(label) for label in frame.frame.columns]
    missing = [name for name in names if name not in have]
    if missing:
        raise UsageError(
            f"The estimator was fitted on columns that {frame.uri} does not have: "
            f"{', '.join(map(repr, missing))} (it has: {', '.join(have[:20])})."
        )
    others = [name for name in have if name not in names]
    ordered = replace(frame, frame=frame.frame[[*names, *others]])
    features = tuple(column for column in declared.features if column.name in names)
    return ordered, Declared(declared.rules, features, tuple(others))


def _check_matrix(estimator: Estimator, contract: Contract) -> None:
    wrong = [f"{c.name} ({c.type})" for c in contract.columns if not _is_numeric(c)]
    if wrong:
        raise UsageError(
            f"{type_name(estimator)} was fitted on numbers without names, but these columns are "
            f"none: {', '.join(wrong)}. Fit it on a DataFrame, or leave them out of the data."
        )
    expected = getattr(estimator, "n_features_in_", None)
    if expected is not None and expected != len(contract.columns):
        raise UsageError(
            f"{type_name(estimator)} was fitted on {expected} columns, the data have "
            f"{len(contract.columns)} beside the target: {', '.join(contract.names[:20])}."
        )


def _is_numeric(column: Column) -> bool:
    return isinstance(column, NumberColumn | IntegerColumn | BooleanColumn)


def _subject(
    model: str,
    estimator: Estimator,
    target: str,
    rules: Rules | None,
    models_dirs: Sequence[Path],
    purpose: str,
) -> Subject:
    """Return what the model's file declares, or the defaults where it has none."""
    check_model_name(model)
    loaded = _loaded(model, models_dirs)
    if loaded is None:
        own = Declared(rules or _default_rules(estimator, target))
        return Subject(model, own, NO_CODE, NO_CODE, Path.cwd(), purpose=purpose)
    subject = Subject.of(loaded)
    if rules is not None:
        subject = replace(subject, declared=replace(subject.declared, rules=rules))
    if subject.rules.target != target:
        raise UsageError(
            f"Model {model!r} declares the target {subject.rules.target!r}, not {target!r}. Use "
            "that name, or another model."
        )
    return replace(subject, purpose=purpose or subject.purpose)


def _loaded(model: str, models_dirs: Sequence[Path]) -> LoadedSpec | None:
    try:
        return load_spec(model, models_dirs)
    except NotFoundError:
        return None


def _default_rules(estimator: Estimator, target: str) -> Rules:
    classifies = is_classifier(estimator) or hasattr(estimator, "classes_")
    task: Task = "classification" if classifies else "regression"
    return Rules(task=task, target=target, metrics=DEFAULT_METRICS[task])


def _check_fits(
    rules: Rules, estimator: Estimator, prepared: Prepared
) -> tuple[ClassValue, ...] | None:
    """Return a classifier's classes after checking that the data's targets are among them."""
    probabilities = hasattr(estimator, "predict_proba")
    if rules.task == "regression":
        check_metrics(rules.metrics, rules.task, 0, probabilities=probabilities)
        return None
    seen = set(prepared.targets)
    classes = classes_of(estimator) or tuple(sorted(seen))
    check_metrics(rules.metrics, rules.task, len(classes), probabilities=probabilities)
    if not seen & set(classes):
        raise UsageError(
            f"None of the targets in {rules.target!r} is a class of the estimator: it answers "
            f"{', '.join(map(repr, classes[:10]))}; the data have "
            f"{', '.join(sorted(map(repr, seen))[:10])}. Give them as it was fitted."
        )
    return classes
