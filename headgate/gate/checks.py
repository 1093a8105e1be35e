"""The checks of the gate: each compares what was measured with its limit, and decides one thing.

``passed`` is None where a check cannot decide; a number that is missing or NaN never passes.
Metrics are scikit-learn's scorers, of which greater is always better.
"""

import math
from collections.abc import Sequence

from headgate.documents.gate import Check, Score
from headgate.documents.rules import GateRules
from headgate.gate.comparing import finite, require_comparable, value_of
from headgate.gate.evidence import AnswerChange, Finding, LatencyBlock, Servability
from headgate.gate.statistics import Interval, median, median_interval

DEFAULT_DROP = 0.01
DEFAULT_DROP_OF_ERROR = 0.01


def finding(name: str, tried: Finding | None) -> Check:
    """Turn something that was tried into a check; what was not tried decides nothing."""
    if tried is None:
        return Check(name=name, passed=None, detail="it was not tried")
    return Check(name=name, passed=tried.passed, detail=tried.detail)


def servable(servability: Servability | None) -> Check:
    """Check that the service, started for this version alone, answered."""
    if servability is None:
        return Check(name="servable", passed=None, detail="the service was not asked")
    return Check(
        name="servable",
        value=finite(servability.seconds),
        passed=servability.passed,
        detail=servability.detail,
    )


def contract_compatible(breaks: Sequence[str] | None) -> Check:
    """Check that every body the champion accepts is still accepted."""
    if breaks is None:
        return Check(name="contract", passed=None, detail="the contracts could not be compared")
    if breaks:
        detail = f"callers of the champion would be refused: {'; '.join(breaks)}"
        return Check(name="contract", value=len(breaks), limit=0, passed=False, detail=detail)
    detail = "accepts every body the champion accepts"
    return Check(name="contract", value=0, limit=0, passed=True, detail=detail)


def answers_compatible(change: AnswerChange | None) -> Check:
    """Check that every class the champion answers is still answered; new ones may come."""
    name = "answers_compatible"
    if change is None:
        return Check(name=name, passed=None, detail="the answers could not be compared")
    lists = (("removed", change.removed), ("added", change.added))
    found = [f"classes {how}: {', '.join(classes)}" for how, classes in lists if classes]
    return Check(
        name=name,
        value=len(change.removed),
        limit=0,
        passed=not change.removed,
        detail="; ".join(found) or "answers as the champion does",
    )


def enough_rows(n_rows: int, n_rows_dropped: int, min_rows: int) -> Check:
    """Check that the holdout left after dropping training rows can decide anything."""
    dropped = f"{n_rows_dropped} dropped because a version trained on them"
    found = f"{n_rows} rows ({dropped})" if n_rows else f"the holdout is empty ({dropped})"
    enough = n_rows >= min_rows
    detail = found if enough else f"{found}; at least {min_rows} are needed"
    passed = True if enough else None
    return Check(name="enough_rows", value=n_rows, limit=min_rows, passed=passed, detail=detail)


def answers_rows(n_rows: int, n_rows_refused: int) -> Check:
    """Check that the challenger refused no holdout row, but those the champion refuses too."""
    return Check(
        name="answers_rows",
        value=n_rows_refused,
        limit=0,
        passed=n_rows_refused == 0 if n_rows or n_rows_refused else None,
        detail=f"{n_rows} rows answered, {n_rows_refused} refused by the challenger alone",
    )


def measured(metric: str, score: Score | None) -> Check:
    """Check that the metric is a finite number.

    >>> measured("roc_auc", None).passed
    False
    """
    value = value_of(score)
    found = "has no number on these rows" if value is None else f"is {value:.6g}"
    return Check(name="measured", value=value, passed=value is not None, detail=f"{metric} {found}")


def floor(metric: str, score: Score | None, limit: float) -> Check:
    """Check an absolute floor of one metric; a value exactly on it passes."""
    value = value_of(score)
    passed = value is not None and value >= limit
    found = f"{metric} is {_text(value)}, at least {limit:.6g} is required"
    return Check(name=f"floor:{metric}", value=value, limit=limit, passed=passed, detail=found)


def beats_trivial(score: Score | None, trivial: Score | None) -> Check:
    """Check that the challenger is strictly better than a model that ignores its input.

    Raises:
        IncomparableScoresError: if the two were not measured on the same rows.
    """
    if score is not None and trivial is not None:
        require_comparable(score, trivial)
    value, limit = value_of(score), value_of(trivial)
    passed = None if value is None or limit is None else value > limit
    return Check(
        name="beats_trivial",
        value=value,
        limit=limit,
        passed=passed,
        detail=f"{_text(value)} against {_text(limit)} of a model that ignores its input",
    )


def margin(metric: str, champion: float, rules: GateRules) -> float:
    """Return by how much a challenger may be worse, in the metric's own unit.

    >>> margin("accuracy", 0.9, GateRules()), margin("neg_mean_absolute_error", -50.0, GateRules())
    (0.01, 0.5)
    """
    if rules.max_drop is not None:
        return rules.max_drop
    bounded = not metric.startswith("neg_") and metric.isidentifier()
    return DEFAULT_DROP if bounded else DEFAULT_DROP_OF_ERROR * abs(champion)


def non_inferior(
    challenger: Score | None,
    champion: Score | None,
    rules: GateRules,
    interval: Interval | None = None,
) -> Check:
    """Check that the challenger is worse than the champion by no more than the margin.

    The point estimate decides; the interval of the gain is recorded beside it.

    Raises:
        IncomparableScoresError: if rows or metric differ, or both scores are of one version.

    >>> old = Score(version="v0001", metric="auc", value=0.75, holdout_sha256="ab", n_rows=99)
    >>> new = old.model_copy(update={"version": "v0002", "value": 0.625})
    >>> non_inferior(new, old, GateRules(max_drop=0.125)).passed
    True
    """
    if challenger is not None and champion is not None:
        require_comparable(challenger, champion)
    new, old = value_of(challenger), value_of(champion)
    if challenger is None or new is None or old is None:
        detail = f"{_text(new)} against {_text(old)}: nothing to compare"
        return Check(name="non_inferior", passed=None, detail=detail)
    allowed = margin(challenger.metric, old, rules)
    gain = new - old
    return Check(
        name="non_inferior",
        value=gain,
        limit=-allowed,
        interval=_finite_interval(interval),
        passed=gain >= -allowed,
        detail=f"{challenger.metric} {new:.6g} against {old:.6g}: {gain:+.4g}, "
        f"a drop of {allowed:.4g} is allowed",
    )


def latency(blocks: Sequence[LatencyBlock], rules: GateRules) -> Check:
    """Check the p95 of one prediction against the champion's, measured in turns.

    Fails only when the noise over the blocks cannot explain the ratio and the difference is
    worth a person's time, so that an equal model is not refused on a busy machine.
    """
    ratios = [_ratio(block) for block in blocks]
    interval = median_interval(ratios)
    if interval is None or not all(map(math.isfinite, ratios)):
        detail = f"too few measurements ({len(blocks)} blocks)"
        return Check(name="latency_p95", limit=rules.max_p95_ratio, passed=None, detail=detail)
    new = median([block.challenger_ms for block in blocks])
    old = median([block.champion_ms for block in blocks])
    excess = median([block.challenger_ms - block.champion_ms for block in blocks])
    slower = interval[0] > rules.max_p95_ratio and excess > rules.p95_slack_ms
    return Check(
        name="latency_p95",
        value=median(ratios),
        limit=rules.max_p95_ratio,
        interval=interval,
        passed=not slower,
        detail=f"p95 {new:.3g} ms against {old:.3g} ms; refused when surely over "
        f"{rules.max_p95_ratio:.4g} times and over {rules.p95_slack_ms:.4g} ms more",
    )


def _finite_interval(interval: Interval | None) -> Interval | None:
    return interval if interval is not None and all(map(math.isfinite, interval)) else None


def _ratio(block: LatencyBlock) -> float:
    return block.challenger_ms / block.champion_ms if block.champion_ms > 0 else math.nan


def _text(value: float | None) -> str:
    return "no number" if value is None else f"{value:.6g}"
