from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from headgate.contract import Contract, NumberColumn
from headgate.data.holdout import Holdout
from headgate.documents.rules import GateRules, Metrics, Rules
from headgate.gate.holdout import CommonRows, Trained, common_rows
from headgate.gate.measuring import gain_interval, measure_trivial, measure_version
from headgate.scoring.answers import Outputs, ScoringError
from headgate.scoring.metrics import Truth
from headgate.scoring.rows import RowScorer
from headgate.training.reference import build_reference

CONTRACT = Contract(columns=(NumberColumn(name="p", nullable=True),))
CLASSES = ("no", "yes")


class Echo(RowScorer):
    """A model whose probability of the second class is the row's value."""

    def outputs(self, values: Mapping[str, Sequence[object]], n_rows: int) -> Outputs:
        p = np.array(values["p"], dtype=np.float64)
        assert len(p) == n_rows
        return Outputs(probabilities=np.column_stack([1 - p, p]))


def rules(primary: str = "accuracy", others: tuple[str, ...] = (), **gate: object) -> Rules:
    return Rules(
        task="classification",
        target="y",
        metrics=Metrics(primary=primary, others=others),
        gate=GateRules.model_validate(gate),
    )


def echo(version: str = "v0001", own: Rules | None = None) -> Echo:
    return Echo("m", version, CONTRACT, own or rules(), CLASSES)


def rows(p: list[object], y: list[str | bool | int | float]) -> CommonRows:
    nothing = Trained(CONTRACT, "y", np.array([], dtype=np.uint64))
    return common_rows(Holdout({"p": p}, y), nothing, None)


FOUR = rows([0.125, 0.75, 0.25, 0.875], ["no", "yes", "yes", "yes"])


def values(scorer: RowScorer, judged: Rules, common: CommonRows) -> dict[str, float | None]:
    return {s.metric: s.value for s in measure_version(scorer, judged, common).scores}


def test_a_score_carries_the_rows_it_was_measured_on() -> None:
    score = measure_version(echo(), rules(), FOUR).scores[0]

    assert (score.version, score.metric, score.value) == ("v0001", "accuracy", 0.75)
    assert (score.holdout_sha256, score.n_rows) == (FOUR.sha256, 4)


def test_every_metric_with_a_floor_is_measured_too() -> None:
    judged = rules(others=("roc_auc",), floors={"recall": 0.5, "roc_auc": 0.5, "accuracy": 0.5})

    assert list(values(echo(), judged, FOUR)) == ["accuracy", "roc_auc", "recall"]


def test_the_champion_is_measured_by_the_metric_of_the_challenger_and_its_own_threshold() -> None:
    low = echo(own=rules(primary="roc_auc").model_copy(update={"threshold": 0.1875}))

    assert values(low, rules(), FOUR) == {"accuracy": 1.0}


def test_withheld_answers_gain_nothing_and_their_share_can_have_a_floor() -> None:
    withholding = rules(floors={"coverage": 0.5}).model_copy(
        update={"confidence_threshold": 0.8125, "abstain": True}
    )

    assert values(echo(own=withholding), withholding, FOUR) == {"accuracy": 0.75, "coverage": 0.5}


def test_a_metric_without_a_number_on_these_rows_is_missing() -> None:
    one_class = rows([0.25, 0.75], ["yes", "yes"])

    assert values(echo(), rules(primary="roc_auc"), one_class) == {"roc_auc": None}


def test_an_empty_holdout_gives_no_number() -> None:
    assert values(echo(), rules(), rows([], [])) == {"accuracy": None}


def test_a_model_that_answers_nan_is_not_scored() -> None:
    with pytest.raises(ScoringError, match="not finite"):
        measure_version(echo(), rules(), rows([0.25, None], ["no", "yes"]))


@pytest.mark.parametrize(
    ("metric", "value"),
    [("accuracy", 0.75), ("roc_auc", 0.5), ("neg_log_loss", -0.5623351446188083)],
)
def test_the_trivial_model_is_scored_on_the_same_rows(metric: str, value: float) -> None:
    reference = build_reference(
        CONTRACT, {"p": [0.5] * 4}, ["no", "yes", "yes", "yes"], ["yes"], CLASSES
    )

    score = measure_trivial(reference, rules(primary=metric), FOUR)

    assert (score.version, score.holdout_sha256) == ("trivial", FOUR.sha256)
    assert score.value == pytest.approx(value)


def truth(predictions: list[str | bool | int | float], p: list[float]) -> Truth:
    yes = np.array(p)
    return Truth(["no", "yes"] * 50, predictions * 50, np.column_stack([1 - yes, yes]), CLASSES)


@pytest.mark.parametrize("metric", ["accuracy", "roc_auc", "neg_log_loss"])
def test_the_interval_is_of_the_gain_over_the_champion(metric: str) -> None:
    generator = np.random.default_rng(7)
    right = truth(["no", "yes"], list(np.tile([0.25, 0.75], 50)))
    wrong = truth(["yes", "yes"], list(generator.uniform(0.25, 0.75, 100)))

    forward = gain_interval(metric, right, wrong)
    backward = gain_interval(metric, wrong, right)

    assert forward is not None
    assert backward is not None
    assert 0 < forward[0] < forward[1]
    assert backward == pytest.approx((-forward[1], -forward[0]))
