"""Cross-validation beside the holdout, where there are too few rows to trust one split."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import KFold, StratifiedKFold

from headgate.data.holdout import Holdout
from headgate.errors import HeadgateError
from headgate.report.data import Evaluation
from headgate.scoring.estimators import classes_of
from headgate.scoring.metrics import Truth, value_of
from headgate.training.fitting import fit

N_FOLDS = 5
MAX_ROWS = 1000
MAX_FIT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Validation:
    """The primary metric over the folds, or why there is none."""

    mean: float | None = None
    std: float | None = None
    n_folds: int = 0
    reason: str = ""


def cross_validate(evaluation: Evaluation) -> Validation:
    """Fit and measure on five folds of the training rows, if they are few and fitting is quick."""
    if reason := _reason_against(evaluation):
        return Validation(reason=reason)
    prepared = evaluation.prepared
    clean = prepared.clean(prepared.is_train)
    sent = prepared.training_rows
    values = []
    try:
        for train, test in _folds(evaluation, clean):
            values.append(_fold_value(evaluation, clean.take(train), sent.take(test)))
    # An estimator without get_params cannot be copied; a fold may lack a class.
    except (HeadgateError, TypeError, ValueError) as err:
        return Validation(reason=f"Not possible: {type(err).__name__}.")
    known = [value for value in values if value is not None]
    if len(known) < N_FOLDS:
        return Validation(reason=f"{evaluation.primary} has no value in some folds.")
    return Validation(float(np.mean(known)), float(np.std(known)), N_FOLDS)


def _reason_against(evaluation: Evaluation) -> str:
    split = evaluation.subject.rules.split
    n_rows = evaluation.fitted.n_rows_train
    if n_rows < 2 * N_FOLDS:
        return "Too few training rows to cross-validate."
    if n_rows + evaluation.fitted.n_rows_holdout >= MAX_ROWS:
        return "Enough rows: the holdout speaks for itself."
    if split.group is not None or split.time is not None:
        return "Rows are grouped or ordered in time: random folds would leak."
    if evaluation.fitted.fit_seconds >= MAX_FIT_SECONDS:
        return f"Left out: one fit takes {evaluation.fitted.fit_seconds:.0f} seconds."
    return ""


def _folds(evaluation: Evaluation, rows: Holdout) -> Iterator[tuple[list[int], list[int]]]:
    counts = np.unique(np.array(rows.targets), return_counts=True)[1]
    stratified = evaluation.fitted.classes is not None and counts.min() >= N_FOLDS
    kind: Any = StratifiedKFold if stratified else KFold
    folds = kind(n_splits=N_FOLDS, shuffle=True, random_state=0)
    for train, test in folds.split(np.zeros((rows.n_rows, 1)), np.array(rows.targets)):
        yield train.tolist(), test.tolist()


def _fold_value(evaluation: Evaluation, train: Holdout, test: Holdout) -> float | None:
    fitted = evaluation.fitted
    made = fit(
        clone(evaluation.scorer.estimator),
        fitted.input_form,
        fitted.contract,
        train.values,
        train.targets,
    )
    scorer = replace(
        evaluation.scorer,
        estimator=made.estimator,
        classes=None if fitted.classes is None else classes_of(made.estimator) or fitted.classes,
    )
    scored = scorer.score_columns(test.values, test.n_rows)
    targets = test.take(scored.accepted).targets
    truth = Truth(targets, scored.chosen, scored.probabilities, scored.classes)
    return value_of(evaluation.primary, truth)
