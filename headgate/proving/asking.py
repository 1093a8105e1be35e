"""Ask a version about many clean rows, and find those it gives no answer to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from headgate.contract import Cleaned
from headgate.scoring.answers import Scored, ScoringError
from headgate.scoring.rows import RowScorer

Values = Mapping[str, Sequence[object]]

T = TypeVar("T", bound=np.generic)

MAX_ASKS = 800
"""So many calls look for the rows a model fails on; what is then unclear is not compared."""
N_NEIGHBOURS = 32


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to n rows, after the rules. What a model does not give is None.

    ``choice`` (n) is the class chosen, ``withheld`` (n) where the rules abstain, ``numbers``
    (n, k) the probabilities, or the values for regression with k = 1.
    """

    choice: NDArray[np.intp] | None
    withheld: NDArray[np.bool_]
    numbers: NDArray[np.float64] | None

    def take(self, positions: Sequence[int]) -> "Answers":
        at = list(positions)
        return Answers(
            None if self.choice is None else self.choice[at],
            self.withheld[at],
            None if self.numbers is None else self.numbers[at],
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """Which of n rows were answered, by position, and how; ``refused`` got no answer.

    Rows in neither could not be asked for one by one: there were too many.
    """

    answered: list[int]
    answers: Answers | None
    refused: list[int]


class Asker:
    """Asks one version, at most `MAX_ASKS` times for what it fails on."""

    def __init__(self, scorer: RowScorer) -> None:
        self.scorer = scorer
        self._n_left = MAX_ASKS

    def ask(self, values: Values, n_rows: int) -> Asked:
        """Answer rows; a row the model fails on is refused and the others are answered."""
        found: list[tuple[int, Answers]] = []
        refused: list[int] = []
        # Once no more may be looked for, a row that fails takes only its neighbours with it.
        step = n_rows if self._n_left > 0 else N_NEIGHBOURS
        waiting = [(at, min(at + step, n_rows)) for at in reversed(range(0, n_rows, step))]
        while waiting:
            start, stop = waiting.pop()
            answers = self._tried(values, start, stop)
            if answers is not None:
                found.append((start, answers))
            elif stop - start == 1:
                refused.append(start)
            elif self._n_left > 0:
                middle = (start + stop) // 2
                waiting += [(middle, stop), (start, middle)]
        answered = [start + i for start, part in found for i in range(len(part.withheld))]
        return Asked(answered, _joined([part for _, part in found]), refused)

    def _tried(self, values: Values, start: int, stop: int) -> Answers | None:
        part = {name: column[start:stop] for name, column in values.items()}
        try:
            return answers_of(self.scorer, part, stop - start)
        except ScoringError:
            self._n_left -= 1
            return None


def answers_of(scorer: RowScorer, values: Values, n_rows: int) -> Answers:
    """Return the answers to clean rows, at least one.

    Raises:
        ScoringError: if the model fails on one of them.
    """
    columns = {name: list(column) for name, column in values.items()}
    scored = scorer.score_cleaned(Cleaned(columns, list(range(n_rows)), {}, {}), n_rows)
    return Answers(scored.class_index, _withheld(scored), _numbers(scored))


def _withheld(scored: Scored) -> NDArray[np.bool_]:
    return np.array([prediction is None for prediction in scored.predictions], dtype=np.bool_)


def _numbers(scored: Scored) -> NDArray[np.float64] | None:
    if scored.class_index is None:
        return np.array(scored.predictions, dtype=np.float64).reshape(-1, 1)
    return scored.probabilities


def _joined(parts: Sequence[Answers]) -> Answers | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    return Answers(
        choice=_stacked([part.choice for part in parts]),
        withheld=np.concatenate([part.withheld for part in parts]),
        numbers=_stacked([part.numbers for part in parts]),
    )


def _stacked(parts: Sequence[NDArray[T] | None]) -> NDArray[T] | None:
    present = [part for part in parts if part is not None]
    return np.concatenate(present) if len(present) == len(parts) else None
