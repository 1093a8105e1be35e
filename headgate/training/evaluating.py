"""Measuring a stored model on its holdout, and everything a version keeps beside it."""

from collections.abc import Collection, Sequence

import numpy as np
from pydantic import JsonValue

from headgate.artifacts.files import (
    ENVIRONMENT,
    GOLDEN,
    HOLDOUT,
    METRICS,
    MODEL,
    REFERENCE,
    REPORT,
    TRAINING_ROWS,
    read_from,
)
from headgate.artifacts.persistence import load_estimator
from headgate.contract.columns import Column
from headgate.data.holdout import Holdout, fingerprints, write_fingerprints, write_holdout
from headgate.errors import HeadgateError
from headgate.report.data import Evaluation
from headgate.report.page import render
from headgate.scoring.answers import Scored
from headgate.scoring.estimators import ClassValue
from headgate.scoring.golden import make_golden
from headgate.scoring.metrics import evaluate as evaluate_metrics
from headgate.scoring.metrics import measure
from headgate.scoring.scorer import Scorer
from headgate.store import Store
from headgate.training.prepare import Prepared
from headgate.training.provenance import environment_text
from headgate.training.proving import material_of, proven_form
from headgate.training.reference import Reference, build_reference
from headgate.training.refs import DataRef, EvalRef, FitRef, StoredMetrics
from headgate.training.subject import Subject
from headgate.training.writing import Place, write_files

N_FIRST = 6
N_MISSING = 4
N_GOLDEN = 16
DRAFT = "draft"


def evaluate(
    store: Store,
    place: Place,
    subject: Subject,
    data: DataRef,
    prepared: Prepared,
    fitted: FitRef,
    trusted_types: Collection[str] = (),
) -> EvalRef:
    """Measure the model on the holdout, prove its compiled form, and store what belongs to it.

    Raises:
        ScoringError: if the model fails on its holdout.
        HeadgateError: if it refuses every row of it.
    """
    scorer = stored_scorer(store, subject, fitted, trusted_types)
    holdout = prepared.holdout
    scored = scorer.score_columns(holdout.values, holdout.n_rows)
    if not scored.accepted:
        raise HeadgateError(
            f"The contract of {subject.model!r} accepts none of its {holdout.n_rows} holdout rows."
        )
    answered = holdout.take(scored.accepted)
    metrics = measure(subject.rules, answered.targets, scored)
    reference = _reference(prepared, fitted, scored)
    trivial = trivial_metrics(subject, reference, answered)
    golden = make_golden(scorer, golden_rows(prepared, answered))
    served = proven_form(store, place, scorer, material_of(prepared, fitted, golden))
    evaluation = Evaluation(
        subject, place, data, prepared, fitted, scorer, scored, metrics, trivial, served.proof
    )
    rows = prepared.training_rows
    prints = fingerprints(prepared.contract.names, subject.rules.target, rows)
    files = write_files(
        store,
        place,
        {
            METRICS: StoredMetrics(
                metrics=metrics,
                trivial=trivial,
                n_rows=answered.n_rows,
                n_rows_refused=holdout.n_rows - answered.n_rows,
            ).to_bytes(),
            GOLDEN: golden.to_bytes(),
            REFERENCE: reference.to_bytes(),
            HOLDOUT: write_holdout(prepared.contract, subject.rules.target, holdout),
            TRAINING_ROWS: write_fingerprints(prints),
            ENVIRONMENT: environment_text().encode(),
            REPORT: render(evaluation).encode(),
        },
    )
    return EvalRef(files={**files, **served.files}, metrics=metrics, proof=served.proof)


def stored_scorer(
    store: Store, subject: Subject, fitted: FitRef, trusted_types: Collection[str]
) -> Scorer:
    """Return the scorer of a model that is stored but no version yet."""
    artifact = read_from(store, fitted.files, MODEL, f"The run of {subject.model!r}")
    return Scorer(
        model=subject.model,
        version=DRAFT,
        contract=fitted.contract,
        rules=subject.rules,
        classes=fitted.classes,
        input_form=fitted.input_form,
        estimator=load_estimator(artifact, trusted_types),
    )


def golden_rows(prepared: Prepared, answered: Holdout) -> list[dict[str, JsonValue]]:
    """Choose about 16 rows: the first, those with gaps, the extremes and one of each class."""
    chosen = dict.fromkeys(
        [
            *range(min(N_FIRST, answered.n_rows)),
            *_with_gaps(answered)[:N_MISSING],
            *_first_of_each(answered.targets),
            *_extremes(prepared.contract.columns, answered),
        ]
    )
    rows = answered.take(list(chosen)[:N_GOLDEN])
    return [
        {name: _json(column[i]) for name, column in rows.values.items()} for i in range(rows.n_rows)
    ]


def _json(value: object) -> JsonValue:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise TypeError(f"a clean value of type {type(value).__name__}")


def _with_gaps(rows: Holdout) -> list[int]:
    gaps = [[value is None for value in column] for column in rows.values.values()]
    return np.flatnonzero(np.any(np.array(gaps, dtype=np.bool_), axis=0)).tolist()


def _first_of_each(targets: Sequence[ClassValue]) -> list[int]:
    first: dict[ClassValue, int] = {}
    for i, target in enumerate(targets):
        if isinstance(target, float):
            return []
        first.setdefault(target, i)
    return list(first.values())[: N_GOLDEN // 2]


def _extremes(columns: Sequence[Column], rows: Holdout) -> list[int]:
    found: list[int] = []
    for column in columns:
        if column.type in {"number", "integer"}:
            numbers = np.array(rows.values[column.name], dtype=np.float64)
            if np.isfinite(numbers).any():
                found += [int(np.nanargmin(numbers)), int(np.nanargmax(numbers))]
    return found


def _reference(prepared: Prepared, fitted: FitRef, scored: Scored) -> Reference:
    """Profile what training saw; a model that came fitted is profiled by its holdout."""
    side = prepared.is_train if prepared.is_train.any() else prepared.is_holdout
    rows = prepared.clean(side)
    return build_reference(
        prepared.contract, rows.values, rows.targets, scored.chosen, fitted.classes
    )


def trivial_metrics(
    subject: Subject, reference: Reference, answered: Holdout
) -> dict[str, float | None]:
    """Return the declared metrics of the model that ignores its input."""
    frequencies = reference.class_frequencies
    return evaluate_metrics(
        subject.rules,
        reference.classes,
        answered.targets,
        [reference.trivial_prediction] * answered.n_rows,
        None if frequencies is None else np.tile(frequencies, (answered.n_rows, 1)),
    )
