"""Both versions and the trivial model, scored by one function on the same rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headgate.documents.gate import Score
from headgate.documents.rules import Metrics, Rules
from headgate.gate.holdout import CommonRows, own_columns
from headgate.gate.statistics import Interval, Positions, bootstrap_interval, paired_interval
from headgate.scoring.answers import Scored
from headgate.scoring.estimators import ClassValue
from headgate.scoring.metrics import COVERAGE, Truth, measure, paired_losses, value_of
from headgate.scoring.rows import RowScorer
from headgate.training.reference import Reference

TRIVIAL = "trivial"
# Where a bootstrap would take minutes, the interval is too narrow to tell anything.
MAX_BOOTSTRAP_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Measured:
    """One version's answers to the common rows, and its scores on them."""

    truth: Truth
    scores: tuple[Score, ...]


def judged_rules(rules: Rules) -> Rules:
    """Return the rules with every metric measured that has a floor."""
    floors = sorted(set(rules.gate.floors) - {COVERAGE, rules.metrics.primary})
    others = tuple(dict.fromkeys((*rules.metrics.others, *floors)))
    metrics = Metrics(primary=rules.metrics.primary, others=others)
    return rules.model_copy(update={"metrics": metrics})


def measure_version(scorer: RowScorer, rules: Rules, rows: CommonRows) -> Measured:
    """Score a version; ``rules`` are the challenger's, whichever version it is.

    Raises:
        ScoringError: if the version fails on these rows.
        MetricError: if a metric of the team's own fails.
    """
    holdout = rows.holdout
    columns = own_columns(holdout, scorer.contract)
    scored = scorer.score_columns(columns, holdout.n_rows)
    found = measure(judged_rules(rules), holdout.targets, scored)
    scores = (_score(scorer.version, metric, value, rows) for metric, value in found.items())
    return Measured(_truth(holdout.targets, scored), tuple(scores))


def measure_trivial(reference: Reference, rules: Rules, rows: CommonRows) -> Score:
    """Score the model that ignores its input on the same rows, by the primary metric."""
    n_rows = rows.holdout.n_rows
    frequencies = reference.class_frequencies
    truth = Truth(
        targets=rows.holdout.targets,
        predictions=[reference.trivial_prediction] * n_rows,
        probabilities=None if frequencies is None else np.tile(frequencies, (n_rows, 1)),
        classes=reference.classes,
    )
    metric = rules.metrics.primary
    return _score(TRIVIAL, metric, value_of(metric, truth), rows)


def gain_interval(metric: str, challenger: Truth, champion: Truth) -> Interval | None:
    """Return the interval of the gain in a metric over the same rows, or None without one."""
    losses = [paired_losses(metric, t.targets, t.predictions) for t in (challenger, champion)]
    new, old = losses
    if new is not None and old is not None:
        return paired_interval(new, old)
    n_rows = len(challenger.targets)
    if n_rows > MAX_BOOTSTRAP_ROWS:
        return None

    def gain(positions: Positions) -> float:
        values = [value_of(metric, _resampled(t, positions)) for t in (challenger, champion)]
        return np.nan if values[0] is None or values[1] is None else values[0] - values[1]

    return bootstrap_interval(gain, n_rows)


def _truth(targets: Sequence[ClassValue], scored: Scored) -> Truth:
    return Truth(targets, scored.chosen, scored.probabilities, scored.classes)


def _resampled(truth: Truth, positions: Positions) -> Truth:
    drawn = positions.tolist()
    return Truth(
        targets=[truth.targets[i] for i in drawn],
        predictions=[truth.predictions[i] for i in drawn],
        probabilities=None if truth.probabilities is None else truth.probabilities[positions],
        classes=truth.classes,
    )


def _score(version: str, metric: str, value: float | None, rows: CommonRows) -> Score:
    return Score(
        version=version,
        metric=metric,
        value=value,
        holdout_sha256=rows.sha256,
        n_rows=rows.holdout.n_rows,
    )
