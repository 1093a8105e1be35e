"""The answers to predictions, as JSON has them."""

from collections.abc import Callable
from time import perf_counter

from headgate.documents.base import Frozen
from headgate.errors import FieldError
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


PredictionAnswer = ClassAnswer | NumberAnswer


class BatchAnswer(Frozen):
    """One answer or refusal per row, in the order of the rows."""

    model: str
    version: str
    predictions: tuple[ClassAnswer | NumberAnswer | RefusedRow, ...]
    latency_ms: float


def stopwatch() -> Callable[[], float]:
    """Return what tells the milliseconds since now."""
    started = perf_counter()
    return lambda: round((perf_counter() - started) * 1000, 3)


def to_prediction(live: LiveModel, answer: Answer, latency_ms: float) -> PredictionAnswer:
    """Return one row's answer as it is sent."""
    if live.manifest.rules.task == "regression":
        return _to_number(live, answer, latency_ms)
    return to_class_answer(live, answer, latency_ms)


def to_class_answer(live: LiveModel, answer: Answer, latency_ms: float) -> ClassAnswer:
    """Return the answer to one classified row as it is sent."""
    return ClassAnswer(
        model=live.model,
        version=live.version,
        prediction_id=live.new_prediction_id(),
        prediction=answer.prediction,
        label=answer.label,
        predicted_class=answer.predicted_class,
        confidence=answer.confidence,
        is_confident=answer.is_confident,
        probabilities=answer.probabilities,
        flags=answer.flags,
        latency_ms=latency_ms,
    )


def to_refused(error: RowError) -> RefusedRow:
    """Return what stands for a refused row."""
    return RefusedRow(fields=tuple(_problem(field) for field in capped(error.fields, MOST_OF_ROW)))


def _to_number(live: LiveModel, answer: Answer, latency_ms: float) -> NumberAnswer:
    value = answer.prediction
    return NumberAnswer(
        model=live.model,
        version=live.version,
        prediction_id=live.new_prediction_id(),
        prediction=None if value is None else float(value),
        interval=Interval(lower=answer.interval[0], upper=answer.interval[1])
        if answer.interval
        else None,
        flags=answer.flags,
        latency_ms=latency_ms,
    )


def _problem(field: FieldError) -> FieldProblem:
    return FieldProblem(field=field.field or "row", problem=field.problem)
