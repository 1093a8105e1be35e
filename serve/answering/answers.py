"""The answers to predictions, as JSON has them."""

from collections.abc import Callable, Sequence
from time import perf_counter

from headgate.documents.base import Frozen
from headgate.scoring.answers import Answer, RowError
from headgate.scoring.estimators import ClassValue
from serve.errors import capped
from serve.failures import FieldProblem
from serve.live import LiveModel

MOST_OF_ROW = 20


class Interval(Frozen):
    """The range a number is expected in."""

    lower: float
    upper: float


class ClassAnswer(Frozen):
    """One classified row; ``prediction`` has the target's own type, ``label`` is its text.

    An abstained prediction is null and flagged ``needs_review``.
    """

    model: str
    version: str
    prediction_id: str
    prediction: ClassValue | None
    label: str | None
    predicted_class: int | None
    confidence: float | None
    is_confident: bool | None
    probabilities: dict[str, float] | None
    flags: tuple[str, ...]
    latency_ms: float


class LabelProbability(Frozen):
    """One class and its probability."""

    label: str
    probability: float


class RankedAnswer(ClassAnswer):
    """A classified row with its most probable classes, the first one first."""

    top_k: tuple[LabelProbability, ...]


class NumberAnswer(Frozen):
    """One row of a regression."""

    model: str
    version: str
    prediction_id: str
    prediction: float | None
    interval: Interval | None
    flags: tuple[str, ...]
    latency_ms: float


class RefusedRow(Frozen):
    """Stands in a batch in the place of a row that does not fit the contract."""

    error: str = "InvalidInputError"
    fields: tuple[FieldProblem, ...]


class ExplainedClass(ClassAnswer):
    """A classified row and what its columns added to the probability of the answer.

    The ``contributions`` add up to that probability less ``baseline``, which a typical row has.
    """

    contributions: dict[str, float]
    baseline: float


class ExplainedNumber(NumberAnswer):
    """A row of a regression and what its columns added to the answer.

    The ``contributions`` add up to the prediction less ``baseline``, which a typical row has.
    """

    contributions: dict[str, float]
    baseline: float


PredictionAnswer = ClassAnswer | NumberAnswer | ExplainedClass | ExplainedNumber


class BatchAnswer(Frozen):
    """One answer or refusal per row, in the order of the rows."""

    model: str
    version: str
    predictions: tuple[ClassAnswer | NumberAnswer | RefusedRow, ...]
    latency_ms: float


Json = dict[str, object]
"""An answer as it is written: the fields of one of the models above."""


def stopwatch() -> Callable[[], float]:
    """Return what tells the milliseconds since now."""
    started = perf_counter()
    return lambda: round((perf_counter() - started) * 1000, 3)


def answer_json(live: LiveModel, answer: Answer, latency_ms: float) -> Json:
    """Return the answer to one row: a `ClassAnswer`, or for a regression a `NumberAnswer`."""
    if live.classifies:
        return {
            "model": live.model,
            "version": live.version,
            "prediction_id": live.new_prediction_id(),
            "prediction": answer.prediction,
            "label": answer.label,
            "predicted_class": answer.predicted_class,
            "confidence": answer.confidence,
            "is_confident": answer.is_confident,
            "probabilities": answer.probabilities,
            "flags": answer.flags,
            "latency_ms": latency_ms,
        }
    low_high = answer.interval
    return {
        "model": live.model,
        "version": live.version,
        "prediction_id": live.new_prediction_id(),
        "prediction": answer.prediction,
        "interval": {"lower": low_high[0], "upper": low_high[1]} if low_high else None,
        "flags": answer.flags,
        "latency_ms": latency_ms,
    }


def row_json(live: LiveModel, answer: Answer | RowError, latency_ms: float) -> Json:
    """Return what stands for one row of a batch: its answer, or its `RefusedRow`."""
    if isinstance(answer, RowError):
        return refused_json(answer)
    return answer_json(live, answer, latency_ms)


def batch_json(live: LiveModel, answers: Sequence[Answer | RowError], latency_ms: float) -> Json:
    """Return the `BatchAnswer` to rows."""
    return {
        "model": live.model,
        "version": live.version,
        "predictions": [row_json(live, answer, latency_ms) for answer in answers],
        "latency_ms": latency_ms,
    }


def ranked_json(
    live: LiveModel, answer: Answer, top: Sequence[tuple[str, float]], latency_ms: float
) -> Json:
    """Return the `RankedAnswer` to one row with its most probable classes."""
    top_k = [{"label": label, "probability": probability} for label, probability in top]
    return {**answer_json(live, answer, latency_ms), "top_k": top_k}


def refused_json(error: RowError) -> Json:
    """Return the `RefusedRow` that stands for a refused row."""
    fields = capped(error.fields, MOST_OF_ROW)
    problems = [{"field": f.field or "row", "problem": f.problem} for f in fields]
    return {"error": "InvalidInputError", "fields": problems}
