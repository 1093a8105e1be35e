"""A part of a batch is what its rows would have given alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from headgate.contract import Contract, NumberColumn
from headgate.documents.rules import Metrics, Rules
from headgate.scoring.answers import Outputs, Scored
from headgate.scoring.rows import RowScorer

CONTRACT = Contract(columns=(NumberColumn(name="x", minimum=0, maximum=1),))


@dataclass(frozen=True)
class Sure(RowScorer):
    """As sure of the second class as x is large."""

    def outputs(self, values: Mapping[str, Sequence[object]], n_rows: int) -> Outputs:  # noqa: ARG002
        x = np.clip(np.array(values["x"], dtype=np.float64), 0, 1)
        if self.classes is None:
            return Outputs(values=x)
        return Outputs(probabilities=np.column_stack([1 - x, x]))


def rules(task: str, **more: object) -> Rules:
    return Rules.model_validate(
        {"task": task, "target": "y", "metrics": Metrics(primary="accuracy")} | more
    )


SCORERS = {
    "classes": Sure("m", "v0001", CONTRACT, rules("classification"), ("no", "yes")),
    "abstaining": Sure(
        *("m", "v0001", CONTRACT),
        rules("classification", confidence_threshold=0.75, abstain=True),
        (False, True),
    ),
    "numbers": Sure("m", "v0001", CONTRACT, rules("regression"), None),
}
ROWS = [{"x": 0.25}, {"x": "a"}, {"x": 7.0}, {"x": 0.5}, {"y": 1}, {"x": 1.0}]


@pytest.mark.parametrize("start", range(len(ROWS)))
@pytest.mark.parametrize("n_rows", [1, 2, 3, 6])
@pytest.mark.parametrize("kind", SCORERS)
def test_a_part_is_what_its_rows_give_alone(kind: str, start: int, n_rows: int) -> None:
    rows = ROWS[start : start + n_rows]

    part = SCORERS[kind].score(ROWS).part(start, len(rows))

    alone = SCORERS[kind].score(rows)
    assert part.answers() == alone.answers()
    assert (part.n_rows, part.accepted, part.errors, part.flags) == (
        *(alone.n_rows, alone.accepted, alone.errors, alone.flags),
    )
    assert part.chosen == alone.chosen


def test_classes_that_are_equal_in_python_keep_their_own_labels() -> None:
    empty = Scored(0, [], {}, {}, [], classes=(False, True))
    numbers = Scored(0, [], {}, {}, [], classes=(0, 1))

    assert (empty.labels, numbers.labels) == (("false", "true"), ("0", "1"))
