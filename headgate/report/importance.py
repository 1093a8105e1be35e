"""How much an answer depends on each column: what the metric loses when the column is shuffled."""

from dataclasses import dataclass

import numpy as np

from headgate.data.holdout import Holdout
from headgate.report.data import Evaluation
from headgate.scoring.answers import ScoringError
from headgate.scoring.metrics import Truth, value_of
from headgate.scoring.scorer import Scorer
from headgate.training.refs import N_TIMED

N_REPEATS = 3
MAX_COLUMNS = 30
MAX_SHUFFLED = 200
BUDGET_SECONDS = 60.0
OPAQUE = {"text", "image"}


@dataclass(frozen=True, slots=True)
class Importance:
    """The mean fall of the metric over some shuffles of one column, and its spread."""

    column: str
    mean: float
    std: float


@dataclass(frozen=True, slots=True)
class Importances:
    """The columns, the most important first, or why there are none."""

    found: tuple[Importance, ...] = ()
    reason: str = ""


def importances(evaluation: Evaluation) -> Importances:
    """Shuffle each column of at most 500 holdout rows three times, within a bounded time."""
    if all(column.type in OPAQUE for column in evaluation.prepared.contract.columns):
        return Importances(
            reason="Left out: shuffling whole texts or images would only show that they matter."
        )
    rows = evaluation.answered
    rows = rows.take(range(min(rows.n_rows, N_TIMED)))
    # Once for the classes, once for their probabilities, and the cleaning.
    needed = 3 * evaluation.fitted.score_seconds * N_REPEATS * len(rows.values)
    if needed > BUDGET_SECONDS or len(rows.values) > MAX_SHUFFLED:
        return Importances(
            reason=f"Left out: {len(rows.values)} columns would take about {needed:.0f} seconds."
        )
    base = _metric(evaluation.scorer, evaluation.primary, rows)
    if base is None:
        return Importances(reason=f"{evaluation.primary} has no value on these rows.")
    found = [_importance(evaluation, rows, column, base) for column in rows.values]
    ordered = sorted(found, key=lambda one: -one.mean)
    return Importances(tuple(ordered[:MAX_COLUMNS]))


def _importance(evaluation: Evaluation, rows: Holdout, column: str, base: float) -> Importance:
    generator = np.random.default_rng(0)
    falls = []
    for _ in range(N_REPEATS):
        order = generator.permutation(rows.n_rows).tolist()
        shuffled = {**rows.values, column: [rows.values[column][i] for i in order]}
        value = _metric(evaluation.scorer, evaluation.primary, Holdout(shuffled, rows.targets))
        if value is not None:
            falls.append(base - value)
    if not falls:
        return Importance(column, 0.0, 0.0)
    return Importance(column, float(np.mean(falls)), float(np.std(falls)))


def _metric(scorer: Scorer, metric: str, rows: Holdout) -> float | None:
    try:
        scored = scorer.score_columns(rows.values, rows.n_rows)
    # Shuffled columns can make rows no estimator has seen.
    except ScoringError:
        return None
    targets = rows.take(scored.accepted).targets
    return value_of(metric, Truth(targets, scored.chosen, scored.probabilities, scored.classes))
