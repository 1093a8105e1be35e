"""The steps of a training after its data are read; each ends with something stored."""

from collections.abc import Collection, Mapping

from pydantic import JsonValue

from headgate.artifacts.persistence import check_servable_types
from headgate.documents.rules import Rules
from headgate.documents.version import Manifest
from headgate.errors import UsageError
from headgate.scoring.estimators import ClassValue, Estimator, classes_of
from headgate.scoring.metrics import check_metrics
from headgate.spec_loading import LoadedSpec
from headgate.store import Store
from headgate.training.drafting import Circumstances, draft
from headgate.training.evaluating import evaluate
from headgate.training.fitting import fit, input_form_of, make_estimator, takes_text
from headgate.training.keeping import keep_fitted
from headgate.training.loading import load_data, open_data
from headgate.training.prepare import Declared, PreparationError, prepare, with_text
from headgate.training.refs import DataRef, EvalRef, FitRef
from headgate.training.subject import Subject
from headgate.training.writing import Place

__all__ = [
    "Circumstances",
    "DataRef",
    "EvalRef",
    "FitRef",
    "check_trainable",
    "draft_manifest",
    "evaluate_model",
    "fit_model",
    "load_data",
]


def check_trainable(
    loaded: LoadedSpec,
    *,
    seed: int | None = None,
    params: Mapping[str, JsonValue] | None = None,
    trusted_types: Collection[str] = (),
) -> Estimator:
    """Check before any work that the estimator can be made, and what it becomes be served.

    Raises:
        UsageError: if it cannot be made with these parameters, or holds a type no server loads.
    """
    own_seed = loaded.spec.seed if seed is None else seed
    estimator = make_estimator(loaded.spec.estimator, own_seed, params or {})
    check_servable_types(estimator, trusted_types)
    return estimator


def fit_model(
    store: Store,
    loaded: LoadedSpec,
    data: DataRef,
    *,
    run_id: str,
    attempt: int,
    seed: int | None = None,
    params: Mapping[str, JsonValue] | None = None,
    trusted_types: Collection[str] = (),
    data_uri: str | None = None,
) -> FitRef:
    """Fit the spec's estimator on the training rows and store it with its contract.

    Raises:
        UsageError: if the declaration does not fit the data.
        PreparationError: if the data leave nothing to train on.
        FitError: if the estimator fails.
    """
    estimator = check_trainable(loaded, seed=seed, params=params, trusted_types=trusted_types)
    frame, holdout = open_data(store, loaded.spec, data, data_uri)
    declared = Declared.of(loaded.spec)
    if takes_text(estimator):
        declared = with_text(declared, frame)
    prepared = prepare(frame, declared, holdout)
    rules, rows = loaded.spec.rules(), prepared.clean(prepared.is_train)
    known = _classes_to_learn(rules, rows.targets)
    form = input_form_of(estimator, prepared.contract)
    fitted = fit(estimator, form, prepared.contract, rows.values, rows.targets)
    check_servable_types(fitted.estimator, trusted_types)
    classes = None if known is None else classes_of(fitted.estimator) or known
    _check_probabilities(rules, fitted.estimator, len(classes or ()))
    return keep_fitted(
        store,
        Place(loaded.spec.name, run_id, attempt),
        Subject.of(loaded).root,
        prepared,
        fitted,
        form,
        classes,
        loaded.spec.seed if seed is None else seed,
        params or {},
    )


def evaluate_model(
    store: Store,
    loaded: LoadedSpec,
    data: DataRef,
    fitted: FitRef,
    *,
    run_id: str,
    attempt: int,
    trusted_types: Collection[str] = (),
    data_uri: str | None = None,
) -> EvalRef:
    """Measure the stored model on its holdout, and store everything a version needs beside it.

    Raises:
        ScoringError: if the model fails on its holdout.
        IntegrityError: if a stored file is not what was recorded.
    """
    frame, holdout = open_data(store, loaded.spec, data, data_uri)
    prepared = prepare(frame, Declared.of(loaded.spec), holdout, fitted.contract)
    place = Place(loaded.spec.name, run_id, attempt)
    return evaluate(store, place, Subject.of(loaded), data, prepared, fitted, trusted_types)


def draft_manifest(
    loaded: LoadedSpec,
    data: DataRef,
    fitted: FitRef,
    evaluated: EvalRef,
    circumstances: Circumstances,
) -> Manifest:
    """Return the manifest of the version to commit; its number is a placeholder."""
    return draft(Subject.of(loaded), data, fitted, evaluated, circumstances)


def _classes_to_learn(rules: Rules, targets: list[ClassValue]) -> tuple[ClassValue, ...] | None:
    """Return a classification's classes after checking that they, and the metrics, can be used."""
    classes = tuple(sorted(set(targets))) if rules.task == "classification" else None
    if classes is not None and len(classes) < 2:
        raise PreparationError(
            f"The {len(targets)} training rows have one class of {rules.target!r} only. Give rows "
            "of two classes at least, or another split."
        )
    if rules.threshold is not None and len(classes or ()) != 2:
        raise UsageError(
            f"The spec's threshold is for two classes, but {rules.target!r} has "
            f"{len(classes or ())}. Remove it."
        )
    check_metrics(rules.metrics, rules.task, len(classes or ()), probabilities=True)
    return classes


def _check_probabilities(rules: Rules, estimator: Estimator, n_classes: int) -> None:
    """Check again once it is known whether the fitted estimator gives probabilities."""
    if rules.task == "regression" or hasattr(estimator, "predict_proba"):
        return
    check_metrics(rules.metrics, rules.task, n_classes, probabilities=False)
    if rules.threshold is not None or rules.confidence_threshold is not None:
        raise UsageError(
            f"The spec has a threshold, but {type(estimator).__name__} gives no probabilities. "
            "Remove it, or wrap the estimator in CalibratedClassifierCV."
        )
