from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from headgate.proving.choose import choose_engine, measure
from headgate.scoring.answers import Outputs
from headgate.scoring.rows import RowScorer
from tests.headgate.proving.forms import a_reference

SLOW = {1: 1000.0, 32: 1000.0, 1000: 1000.0}


@pytest.mark.parametrize(
    ("timings", "engine"),
    [
        ({1: 10.0, 32: 50.0, 1000: 5000.0}, "plan"),
        ({1: 900.0, 32: 900.0, 1000: 900.0}, "plan"),
        ({1: 1000.0, 32: 1000.0, 1000: 1000.0}, "plan"),
        ({1: 1100.0, 32: 1100.0, 1000: 900.0}, "scikit-learn"),
        ({1: 100.0, 32: 20_000.0, 1000: 900.0}, "scikit-learn"),
    ],
    ids=["much-faster-online", "a-little-faster", "equal", "slower", "slower-for-some-rows"],
)
def test_online_speed_decides_and_a_slower_form_is_not_used(
    timings: dict[int, float], engine: str
) -> None:
    chosen, reason = choose_engine({"plan": timings, "scikit-learn": SLOW})

    assert chosen == engine
    assert (reason is None) == (engine == "plan")


def test_of_two_faster_forms_the_fastest_serves() -> None:
    plan, onnx = {1: 40.0, 32: 90.0, 1000: 800.0}, {1: 60.0, 32: 100.0, 1000: 300.0}

    assert choose_engine({"onnx": onnx, "plan": plan, "scikit-learn": SLOW})[0] == "plan"


@dataclass
class Watch:
    """A clock that moves when somebody works."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_quickest_of_several_calls_counts_for_each_number_of_rows() -> None:
    watch, calls = Watch(), list[int]()
    reference = a_reference()

    class Worker(RowScorer):
        def outputs(self, values: Mapping[str, Sequence[object]], n_rows: int) -> Outputs:
            assert {len(column) for column in values.values()} == {n_rows}
            calls.append(n_rows)
            watch.now += n_rows * (2e-6 if len(calls) < 4 else 1e-6)
            return Outputs(values=np.zeros(n_rows))

    worker = Worker("toy", "v0001", reference.contract, reference.rules, reference.classes)
    found = measure({"w": worker}, {"a": [1.0, 2.0]}, 2, seconds=1, clock=watch)

    assert found == {"w": {1: 1.0, 32: 32.0, 1000: 1000.0}}
    assert len(calls) > 9
