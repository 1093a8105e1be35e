"""Compare a compiled form's answers with scikit-learn's, row by row, and keep the worst."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headgate.documents.proof import Source, Tried, WorstRow
from headgate.errors import HeadgateError
from headgate.proving.asking import Answers

# What sums of 64-bit numbers in another order may differ by, against the value itself; it counts
# for regressions only, at values so many tolerances (a thousand spreads of the target) from zero.
ROUNDING = 1e-12
FAR = 1e9

LABEL = "another label"
NUMBER = "another number"
SILENT = "no answer where scikit-learn gives one"
TALKS = "an answer where scikit-learn gives none"


class UnlikeError(HeadgateError):
    """A form answers with other things than scikit-learn, not only with other numbers."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Some rows that are compared: where they are from, and what they are."""

    source: Source
    positions: Sequence[int]
    kinds: Sequence[str]


@dataclass(slots=True)
class Tally:
    """How one engine did so far; ``tolerance`` is the greatest difference allowed."""

    engine: str
    tolerance: float
    n_rows: int = 0
    n_labels: int = 0
    max_difference: float = 0.0
    worst: WorstRow | None = None
    problem: str | None = None

    def add(self, rows: Compared, expected: Answers, found: Answers, *, how: str = "") -> None:
        """Count the differences of n answers.

        Raises:
            UnlikeError: if the two are not of the same kind.
        """
        labels = label_differences(expected, found)
        differences = differences_of(expected, found, self.tolerance)
        self.n_rows += len(labels)
        self.n_labels += int(labels.sum())
        self.max_difference = max(self.max_difference, float(differences.max(initial=0.0)))
        if not len(labels):
            return
        at = int(np.lexsort((differences, labels))[-1])
        problem = (LABEL if labels[at] else NUMBER) + how
        self._keep(rows, at, problem, float(differences[at]), is_label=bool(labels[at]))

    def add_unanswered(self, rows: Compared, at: Sequence[int], problem: str) -> None:
        """Count rows that only one of the two answered."""
        self.n_rows += len(at)
        self.n_labels += len(at)
        if at:
            self._keep(rows, at[0], problem, None, is_label=True)

    def _keep(
        self, rows: Compared, at: int, problem: str, difference: float | None, *, is_label: bool
    ) -> None:
        # No answer and another label are worse than any difference of numbers.
        known = self.worst
        is_worse = known is None or (is_label and known.problem.startswith(NUMBER))
        if known is not None and is_label != known.problem.startswith(NUMBER):
            is_worse = is_worse or (difference or 0.0) > (known.difference or 0.0)
        if is_worse:
            self.worst = WorstRow(
                source=rows.source,
                position=int(rows.positions[at]),
                kind=rows.kinds[at],
                problem=problem,
                difference=difference,
            )

    @property
    def reason(self) -> str | None:
        """Why the engine is not proven, or None when it is."""
        if self.problem is not None:
            return self.problem
        if self.n_labels:
            return f"{self.n_labels} of {self.n_rows} answers have another label or none"
        if self.max_difference > self.tolerance:
            found, allowed = f"{self.max_difference:.3g}", f"{self.tolerance:.3g}"
            return f"numbers differ by up to {found}, {allowed} is allowed"
        return None if self.n_rows else "no row was compared"

    def tried(self) -> Tried:
        return Tried(
            engine=self.engine,
            proven=self.reason is None,
            reason=self.reason,
            n_label_differences=self.n_labels,
            max_difference=self.max_difference if self.n_rows else None,
            worst_row=self.worst,
        )


def label_differences(expected: Answers, found: Answers) -> NDArray[np.bool_]:
    """Return where the class chosen differs, or whether the rules withhold it."""
    differs: NDArray[np.bool_] = expected.withheld != found.withheld
    if expected.choice is None or found.choice is None:
        if expected.choice is not found.choice:
            raise UnlikeError("only one of the two answers with classes")
        return differs
    different: NDArray[np.bool_] = differs | (expected.choice != found.choice)
    return different


def differences_of(expected: Answers, found: Answers, tolerance: float) -> NDArray[np.float64]:
    """Return each row's greatest difference; far from the target beyond what rounding allows."""
    one, other = expected.numbers, found.numbers
    if one is None or other is None:
        if one is not other:
            raise UnlikeError("only one of the two gives probabilities")
        return np.zeros(len(expected.withheld))
    gaps = np.abs(one - other)
    if expected.choice is None:
        spare = np.where(np.abs(one) > FAR * tolerance, ROUNDING * np.abs(one), 0.0)
        gaps = np.maximum(gaps - spare, 0.0)
    greatest: NDArray[np.float64] = gaps.max(axis=1)
    return greatest
