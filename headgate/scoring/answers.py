"""What a version answers: per row, and for a batch; the rules that turn numbers into answers."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headgate.documents.rules import Rules
from headgate.errors import FieldError, HeadgateError
from headgate.scoring.estimators import ClassValue

NEEDS_REVIEW = "needs_review"


class ScoringError(HeadgateError):
    """The estimator failed, or answered with something that is not an answer."""


class Answer(NamedTuple):
    """The answer to one row; ``prediction`` is in the target's own type.

    ``confidence`` is the probability of the answer given. What the estimator cannot say is None.
    An abstained answer keeps confidence and probabilities and is flagged ``needs_review``.
    """

    prediction: ClassValue | None
    label: str | None = None
    predicted_class: int | None = None
    confidence: float | None = None
    is_confident: bool | None = None
    probabilities: dict[str, float] | None = None
    flags: tuple[str, ...] = ()
    interval: tuple[float, float] | None = None


class RowError(NamedTuple):
    """The reasons why a row got no answer."""

    fields: tuple[FieldError, ...]


@dataclass(frozen=True, slots=True)
class Outputs:
    """What an estimator says about some rows, before the rules: probabilities where it has them,
    and its own predictions as indices of classes, or as numbers for regression."""

    class_index: NDArray[np.intp] | None = None
    probabilities: NDArray[np.float64] | None = None
    values: NDArray[np.float64] | None = None


@dataclass(slots=True)
class Scored:
    """The answers to a batch: predictions, classes and probabilities by accepted row.

    ``accepted`` and the keys of ``errors`` and ``flags`` are positions in the input.
    ``class_index`` keeps the choice behind an abstained prediction.
    """

    n_rows: int
    accepted: list[int]
    errors: dict[int, tuple[FieldError, ...]]
    flags: dict[int, tuple[str, ...]]
    predictions: Sequence[ClassValue | None]
    classes: tuple[ClassValue, ...] | None = None
    class_index: NDArray[np.intp] | None = None
    probabilities: NDArray[np.float64] | None = None
    confidence_threshold: float | None = None
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.classes and not self.labels:
            self.labels = tuple(map(label_of, self.classes))

    @property
    def chosen(self) -> list[ClassValue]:
        """The estimator's choice for every accepted row, also where the rules abstain."""
        if self.class_index is None or self.classes is None:
            return [p for p in self.predictions if p is not None]
        return [self.classes[i] for i in self.class_index.tolist()]

    def part(self, start: int, n_rows: int) -> "Scored":
        """Return ``n_rows`` of the batch from ``start`` on, as if they had been scored alone."""
        stop = start + n_rows
        if start == 0 and n_rows == self.n_rows:
            return self
        first, last = bisect_left(self.accepted, start), bisect_left(self.accepted, stop)
        return replace(
            self,
            n_rows=n_rows,
            accepted=[position - start for position in self.accepted[first:last]],
            errors={at - start: e for at, e in self.errors.items() if start <= at < stop},
            flags={at - start: f for at, f in self.flags.items() if start <= at < stop},
            predictions=self.predictions[first:last],
            class_index=None if self.class_index is None else self.class_index[first:last],
            probabilities=None if self.probabilities is None else self.probabilities[first:last],
        )

    def answers(self) -> list[Answer | RowError]:
        """Return one answer or error per input row, in the order of the input."""
        accepted = self._accepted_answers()
        if not self.errors:
            return accepted
        answers: list[Answer | RowError] = [RowError(())] * self.n_rows
        for position, fields in self.errors.items():
            answers[position] = RowError(fields)
        for position, answer in zip(self.accepted, accepted, strict=True):
            answers[position] = answer
        return answers

    def _accepted_answers(self) -> list[Answer | RowError]:
        flags = self.flags
        if self.class_index is None:
            return [
                Answer(prediction, flags=flags.get(position, ()))
                for prediction, position in zip(self.predictions, self.accepted, strict=True)
            ]
        indices: list[int] = self.class_index.tolist()
        known = self.probabilities is not None
        rows = (
            self.probabilities.tolist() if self.probabilities is not None else [()] * len(indices)
        )
        labels, least = self.labels, self.confidence_threshold
        answers: list[Answer | RowError] = []
        for position, prediction, index, row in zip(
            self.accepted, self.predictions, indices, rows, strict=True
        ):
            confidence = row[index] if known else None
            abstained = prediction is None
            answers.append(
                Answer(
                    prediction,
                    None if abstained else labels[index],
                    None if abstained else index,
                    confidence,
                    is_confident(confidence, least),
                    dict(zip(labels, row, strict=True)) if known else None,
                    flags.get(position, ()),
                )
            )
        return answers


def label_of(value: ClassValue) -> str:
    """Return the text of a class, as JSON writes it.

    >>> label_of("setosa"), label_of(3), label_of(True)
    ('setosa', '3', 'true')
    """
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_confident(confidence: float | None, threshold: float | None) -> bool | None:
    """Tell whether a confidence reaches the threshold, or None where either is missing."""
    if confidence is None or threshold is None:
        return None
    return confidence >= threshold


def choose(outputs: Outputs, rules: Rules) -> NDArray[np.intp]:
    """Return the class chosen per row: by the threshold if there is one, else by the estimator.

    >>> choose(Outputs(probabilities=np.array([[0.75, 0.25]])), Rules.model_validate(
    ...     {"task": "classification", "target": "y", "metrics": {"primary": "accuracy"},
    ...      "threshold": 0.125})).tolist()
    [1]
    """
    if rules.threshold is not None and outputs.probabilities is not None:
        return (outputs.probabilities[:, 1] > rules.threshold).astype(np.intp)
    if outputs.class_index is not None:
        return outputs.class_index
    if outputs.probabilities is None:
        raise ScoringError("The estimator gave neither classes nor probabilities.")
    likeliest: NDArray[np.intp] = np.argmax(outputs.probabilities, axis=1)
    return likeliest


def abstentions(
    class_index: NDArray[np.intp], probabilities: NDArray[np.float64] | None, rules: Rules
) -> NDArray[np.bool_]:
    """Return the rows whose prediction the rules withhold."""
    if not rules.abstain or rules.confidence_threshold is None or probabilities is None:
        return np.zeros(len(class_index), dtype=np.bool_)
    confidence = probabilities[np.arange(len(class_index)), class_index]
    return confidence < rules.confidence_threshold
