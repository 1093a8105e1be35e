from collections.abc import Mapping, Sequence

import pytest

from headgate.contract import Cleaned
from headgate.scoring.answers import ScoringError
from headgate.scoring.isolating import MAX_ASKS, without_failing


def _cleaned(n_rows: int) -> Cleaned:
    # Position 0 was refused by the contract before.
    return Cleaned(
        values={"a": list(range(n_rows))},
        accepted=list(range(1, n_rows + 1)),
        errors={},
        flags=dict.fromkeys(range(1, n_rows + 1), ("a:flag",)),
    )


class _Model:
    def __init__(self, *failing: int) -> None:
        self.failing = frozenset(failing)
        self.n_calls = 0

    def ask(self, values: Mapping[str, Sequence[object]], n_rows: int) -> None:
        self.n_calls += 1
        assert len(values["a"]) == n_rows
        if self.failing & frozenset(v for v in values["a"] if isinstance(v, int)):
            raise ScoringError("it failed")


def test_rows_that_the_model_answers_are_asked_once() -> None:
    model, cleaned = _Model(), _cleaned(1000)

    assert without_failing(cleaned, model.ask) == cleaned
    assert model.n_calls == 1


@pytest.mark.parametrize("failing", [(0,), (999,), (3, 500), (7, 8, 9)])
def test_exactly_the_failing_rows_are_refused(failing: tuple[int, ...]) -> None:
    kept = without_failing(_cleaned(1000), _Model(*failing).ask)

    assert sorted(kept.errors) == [row + 1 for row in failing]
    assert kept.values["a"] == [row for row in range(1000) if row not in failing]
    assert [at - 1 for at in kept.accepted] == kept.values["a"]
    assert list(kept.flags) == kept.accepted


@pytest.mark.parametrize("n_rows", [1, 5])
def test_a_model_that_fails_on_every_row_fails(n_rows: int) -> None:
    with pytest.raises(ScoringError):
        without_failing(_cleaned(n_rows), _Model(*range(n_rows)).ask)


def test_a_model_that_fails_on_too_many_rows_fails_after_a_bounded_number_of_calls() -> None:
    model = _Model(*range(0, 100_000, 2))

    with pytest.raises(ScoringError):
        without_failing(_cleaned(100_000), model.ask)

    assert model.n_calls <= MAX_ASKS + 1


def test_no_rows_ask_nothing() -> None:
    model = _Model()

    without_failing(_cleaned(0), model.ask)

    assert model.n_calls == 0
