"""The one scoring function, behind online answers, batches and the gate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline

from headgate.contract import Contract, TextColumn
from headgate.contract.frames import to_frame
from headgate.documents.version import InputForm
from headgate.errors import HeadgateError
from headgate.scoring.answers import Answer, Outputs, RowError, Scored, ScoringError, label_of
from headgate.scoring.estimators import ClassValue, Estimator
from headgate.scoring.rows import RowScorer

__all__ = [
    "Answer",
    "RowError",
    "Scored",
    "Scorer",
    "ScoringError",
    "build_input",
    "label_of",
]


@dataclass(frozen=True)
class Scorer(RowScorer):
    """A version that answers by its own scikit-learn estimator; ``reason`` says why by that."""

    input_form: InputForm
    estimator: Estimator
    reason: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        needs = self.rules.threshold or self.rules.confidence_threshold
        if needs is not None and not hasattr(self.estimator, "predict_proba"):
            raise HeadgateError(
                f"Version {self.version} of {self.model!r} has a threshold, but its estimator "
                f"{type(self.estimator).__name__} gives no probabilities. Remove the threshold, "
                "or wrap the estimator in CalibratedClassifierCV."
            )

    @property
    def engine_reason(self) -> str | None:
        return self.reason

    @cached_property
    def _most_probable_wins(self) -> bool:
        """Whether ``predict`` would only work out the same probabilities once more."""
        own = self.estimator
        last = own.steps[-1][1] if isinstance(own, Pipeline) else own
        last_type = type(last)
        # All forests inherit these two, the first of which asks the second and takes the largest.
        return all(
            getattr(last_type, name, None) is getattr(RandomForestClassifier, name)
            for name in ("predict", "predict_proba")
        )

    def outputs(self, values: Mapping[str, Sequence[object]], n_rows: int) -> Outputs:
        try:
            X = build_input(self.input_form, self.contract, values, n_rows)
            if self.classes is None:
                return Outputs(values=_numbers(self.estimator.predict(X)))
            return self._class_outputs(X, self.classes)
        # The estimator may be anyone's code and raise anything.
        except Exception as err:
            asked = "one row" if n_rows == 1 else f"{n_rows} rows"
            raise ScoringError(
                f"Version {self.version} of {self.model!r} failed on {asked} with "
                f"{type(err).__name__}. Look at the values, then at the estimator; nothing was "
                "answered."
            ) from err

    def _class_outputs(self, X: Any, classes: tuple[ClassValue, ...]) -> Outputs:
        if not hasattr(self.estimator, "predict_proba"):
            return Outputs(class_index=_indices(self.estimator.predict(X), classes))
        probabilities = np.asarray(self.estimator.predict_proba(X), dtype=np.float64)
        if self.rules.threshold is not None:
            return Outputs(probabilities=probabilities)
        if self._most_probable_wins:
            return Outputs(
                class_index=np.argmax(probabilities, axis=1), probabilities=probabilities
            )
        # Not the largest probability: an estimator may tune its own threshold.
        own = _indices(self.estimator.predict(X), classes)
        return Outputs(class_index=own, probabilities=probabilities)


def build_input(
    form: InputForm, contract: Contract, values: Mapping[str, Sequence[object]], n_rows: int
) -> Any:
    """Return clean rows as the estimator takes them.

    Raises:
        HeadgateError: if ``form`` is text and the contract has not exactly one text column.
    """
    if form == "text":
        return ["" if text is None else text for text in values[text_column(contract)]]
    if form == "frame":
        return to_frame(contract, values)
    columns = [_as_floats(values[name]) for name in contract.names]
    return np.column_stack(columns) if n_rows else np.empty((0, len(columns)))


def text_column(contract: Contract) -> str:
    """Return the name of the only column, which holds text.

    Raises:
        HeadgateError: if there are others, or it is of another type.
    """
    if len(contract.columns) == 1 and isinstance(contract.columns[0], TextColumn):
        return contract.columns[0].name
    raise HeadgateError(
        "The estimator takes plain text, so its contract needs exactly one text column; it has "
        f"{', '.join(f'{c.name} ({c.type})' for c in contract.columns)}."
    )


def _as_floats(column: Sequence[object]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in column], dtype=np.float64)


def _numbers(predictions: Any) -> NDArray[np.float64]:
    numbers = np.asarray(predictions, dtype=np.float64)
    # Some regressors answer with one column.
    return numbers[:, 0] if numbers.ndim == 2 and numbers.shape[1] == 1 else numbers


def _indices(predictions: Any, classes: tuple[ClassValue, ...]) -> NDArray[np.intp]:
    index = {value: i for i, value in enumerate(classes)}
    return np.array([index[value] for value in np.asarray(predictions).tolist()], dtype=np.intp)
