import gc
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from headgate.contract import Contract, NumberColumn
from headgate.documents.rules import GateRules, Metrics, Rules
from headgate.gate import checks
from headgate.gate.latency import measure_latency
from headgate.scoring.answers import Outputs
from headgate.scoring.rows import RowScorer

CONTRACT = Contract(columns=(NumberColumn(name="x"),))
RULES = Rules(task="regression", target="y", metrics=Metrics(primary="r2"))
ROWS = [({"x": float(i)}, {"x": float(i)}) for i in range(40)]
BLOCK = b"x" * 100_000


@dataclass(frozen=True)
class Working(RowScorer):
    """A model whose answer takes as much hashing as it is told."""

    effort: int
    calls: list[tuple[str, float]]

    def outputs(self, values: Mapping[str, Sequence[object]], n_rows: int) -> Outputs:
        assert n_rows == 1
        assert not gc.isenabled() or len(self.calls) < 6
        self.calls.append((self.version, float(str(values["x"][0]))))
        for _ in range(self.effort):
            hashlib.sha256(BLOCK).digest()
        return Outputs(values=np.zeros(n_rows))


def working(version: str, effort: int, calls: list[tuple[str, float]]) -> Working:
    return Working(
        model="m",
        version=version,
        contract=CONTRACT,
        rules=RULES,
        classes=None,
        effort=effort,
        calls=calls,
    )


def test_the_versions_take_turns_on_the_same_rows_and_swap_with_each_block() -> None:
    calls: list[tuple[str, float]] = []

    blocks = measure_latency(
        working("new", 0, calls), working("old", 0, calls), ROWS[:5], n_blocks=2
    )

    warm, first, second = calls[:6], calls[6:36], calls[36:]
    assert len(blocks) == 2
    assert [version for version, _ in warm + first] == ["new", "old"] * 18
    assert [version for version, _ in second] == ["old", "new"] * 15
    assert [x for _, x in calls[::2]] == [x for _, x in calls[1::2]]


def test_every_row_is_asked_three_times_a_block_and_at_most_32_rows_are() -> None:
    calls: list[tuple[str, float]] = []

    measure_latency(working("new", 0, calls), working("old", 0, calls), ROWS, n_blocks=1)

    asked = [x for version, x in calls[6:] if version == "new"]
    assert asked == [float(i) for i in range(32) for _ in range(3)]


def test_the_collector_is_off_while_timing_and_on_again_after() -> None:
    measure_latency(working("new", 0, []), working("old", 0, []), ROWS[:5])

    assert gc.isenabled()


def test_without_rows_nothing_is_measured() -> None:
    assert measure_latency(working("new", 0, []), working("old", 0, []), []) == ()


@pytest.mark.parametrize(("effort", "passed"), [(10, True), (100, False)])
def test_equal_work_passes_and_ten_times_the_work_is_refused(effort: int, passed: bool) -> None:
    blocks = measure_latency(working("new", effort, []), working("old", 10, []), ROWS[:10])

    assert checks.latency(blocks, GateRules(p95_slack_ms=0.25)).passed is passed
