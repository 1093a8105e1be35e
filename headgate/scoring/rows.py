"""One row or a million: clean by the contract, ask the model, apply the rules.

Light enough for a serving process: what asks the model (`headgate.scoring.scorer.Scorer`, or a
proven compiled form) is a subclass.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from headgate.contract import Cleaned, Contract, TableCleaner
from headgate.documents.proof import SCIKIT_LEARN, Engine
from headgate.documents.rules import Rules
from headgate.errors import HeadgateError
from headgate.scoring.answers import (
    NEEDS_REVIEW,
    Outputs,
    Scored,
    ScoringError,
    abstentions,
    choose,
    label_of,
)
from headgate.scoring.checking import problems_of
from headgate.scoring.estimators import ClassValue
from headgate.scoring.isolating import without_failing


@dataclass(frozen=True)
class RowScorer(ABC):
    """A version ready to answer.

    Each row is taken to be answered by itself: a model whose answer to a row depends on the other
    rows of a batch is not supported. The last digits may differ between batch sizes, as sums do.
    """

    model: str
    version: str
    contract: Contract
    rules: Rules
    classes: tuple[ClassValue, ...] | None

    def __post_init__(self) -> None:
        classifies = self.rules.task == "classification"
        if classifies and (self.classes is None or len(self.classes) < 2):
            raise HeadgateError(
                f"Version {self.version} of {self.model!r} classifies, but knows "
                f"{len(self.classes or ())} classes; two are the least. Train it on more rows."
            )
        if self.rules.threshold is not None and len(self.classes or ()) != 2:
            raise HeadgateError(
                f"Version {self.version} of {self.model!r} has a threshold, which is for two "
                f"classes, but {len(self.classes or ())}. Remove the threshold."
            )

    @property
    def engine(self) -> Engine:
        """What answers: scikit-learn, or the engine of a compiled form."""
        return SCIKIT_LEARN

    @property
    def off_loop(self) -> bool:
        """Whether one answer takes long enough to hold up an event loop."""
        return self.engine == SCIKIT_LEARN

    @property
    def engine_reason(self) -> str | None:
        """Why this engine answers and no faster one, where there is something to say."""
        return None

    @abstractmethod
    def outputs(self, values: Mapping[str, Sequence[object]], n_rows: int) -> Outputs:
        """Ask the model about clean rows (at least one), by column."""

    def score(
        self, rows: Sequence[object], *, textual: bool = False, isolate: bool = False
    ) -> Scored:
        """Score rows as a caller sends them; a row the contract refuses gets its reasons.

        With ``isolate`` a few rows that the model fails on are refused like those, and the others
        are answered.

        Raises:
            ScoringError: if the model fails, or answers with something that is not a number.
        """
        cleaner = self.contract.cleaner(textual=True) if textual else self._cleaner
        cleaned = cleaner.clean_rows(rows)
        return self.score_cleaned(cleaned, len(rows), isolate=isolate)

    def score_columns(
        self,
        columns: Mapping[str, Sequence[object]],
        n_rows: int,
        *,
        textual: bool = False,
        skip: frozenset[str] = frozenset(),
        isolate: bool = False,
    ) -> Scored:
        """Score whole columns, exactly as `score` does their rows; ``skip`` passes over columns.

        Raises:
            ScoringError: if the model fails, or answers with something that is not a number.
        """
        cleaner = self.contract.cleaner(textual=True) if textual else self._cleaner
        cleaned = cleaner.clean_columns(columns, n_rows, skip)
        return self.score_cleaned(cleaned, n_rows, isolate=isolate)

    @cached_property
    def _cleaner(self) -> TableCleaner:
        return self.contract.cleaner()

    @cached_property
    def _labels(self) -> tuple[str, ...]:
        return tuple(label_of(value) for value in self.classes or ())

    def score_cleaned(self, cleaned: Cleaned, n_rows: int, *, isolate: bool = False) -> Scored:
        """Score what the contract's cleaning left of ``n_rows`` rows, as `score` does.

        Raises:
            ScoringError: if the model fails, or answers with something that is not a number.
        """
        outputs = None
        if cleaned.accepted:
            try:
                outputs = self._asked(cleaned.values, len(cleaned.accepted))
            except ScoringError:
                if not isolate:
                    raise
                cleaned = without_failing(cleaned, self._asked)
                outputs = self._asked(cleaned.values, len(cleaned.accepted))
        scored = Scored(
            n_rows=n_rows,
            accepted=cleaned.accepted,
            errors=cleaned.errors,
            flags=dict(cleaned.flags),
            predictions=[],
            classes=self.classes,
            confidence_threshold=self.rules.confidence_threshold,
            labels=self._labels,
        )
        if outputs is None:
            return scored
        if outputs.values is not None:
            scored.predictions = outputs.values.tolist()
            return scored
        return self._classified(scored, outputs)

    def _asked(self, values: Mapping[str, Sequence[object]], n_rows: int) -> Outputs:
        outputs = self.outputs(values, n_rows)
        self._check(outputs, n_rows)
        return outputs

    def _classified(self, scored: Scored, outputs: Outputs) -> Scored:
        scored.class_index = choose(outputs, self.rules)
        scored.probabilities = outputs.probabilities
        predictions: list[ClassValue | None] = list(scored.chosen)
        if self.rules.abstain:
            withheld = abstentions(scored.class_index, outputs.probabilities, self.rules)
            for i in np.flatnonzero(withheld).tolist():
                position = scored.accepted[i]
                predictions[i] = None
                scored.flags[position] = (*scored.flags.get(position, ()), NEEDS_REVIEW)
        scored.predictions = predictions
        return scored

    def _check(self, outputs: Outputs, n_rows: int) -> None:
        """Refuse outputs that are no answers, so that none of them is served or judged."""
        problems = problems_of(outputs, n_rows, len(self.classes or ()))
        if problems:
            raise ScoringError(
                f"Version {self.version} of {self.model!r} gave no usable answer: "
                f"{'; '.join(problems)}. Look at the estimator; nothing was answered."
            )
