import math

import numpy as np
import pytest

from headgate.documents.rules import GateRules
from headgate.gate import checks
from headgate.gate.comparing import IncomparableScoresError
from headgate.gate.evidence import AnswerChange, Finding, LatencyBlock
from headgate.gate.statistics import p95
from tests.headgate.gate.building import score

EIGHTH = GateRules(max_drop=0.125)


@pytest.mark.parametrize(
    ("gain", "passed"),
    [(0.25, True), (0.0, True), (-0.125, True), (-0.1875, False), (-0.5, False)],
)
def test_a_challenger_may_drop_by_the_margin_and_no_more(gain: float, passed: bool) -> None:
    check = checks.non_inferior(score("v0002", 0.5 + gain), score("v0001", 0.5), EIGHTH)

    assert check.passed is passed
    assert (check.value, check.limit) == (gain, -0.125)


@pytest.mark.parametrize(
    ("metric", "champion", "margin"),
    [
        ("accuracy", 0.5, 0.01),
        ("r2", 0.5, 0.01),
        ("neg_mean_absolute_error", -50.0, 0.5),
        ("neg_log_loss", -0.25, 0.0025),
        ("shop.metrics.profit", 2000.0, 20.0),
    ],
)
def test_the_default_margin_is_a_point_of_a_score_and_one_percent_of_an_error(
    metric: str, champion: float, margin: float
) -> None:
    assert checks.margin(metric, champion, GateRules()) == margin


def test_a_declared_margin_holds_for_every_metric() -> None:
    assert checks.margin("neg_mean_absolute_error", -50.0, EIGHTH) == 0.125


@pytest.mark.parametrize(("mae", "passed"), [(-50.25, True), (-50.75, False), (-40.0, True)])
def test_an_error_metric_may_grow_by_one_percent(mae: float, passed: bool) -> None:
    metric = {"metric": "neg_mean_absolute_error"}

    check = checks.non_inferior(
        score("v0002", mae, **metric), score("v0001", -50.0, **metric), GateRules()
    )

    assert check.passed is passed


def test_the_interval_is_recorded_and_does_not_decide() -> None:
    check = checks.non_inferior(
        score("v0002", 0.5), score("v0001", 0.5), EIGHTH, interval=(-0.5, 0.5)
    )

    assert check.passed is True
    assert check.interval == (-0.5, 0.5)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"holdout_sha256": "cd" * 32}, "holdout abab.* against cdcd"),
        ({"n_rows": 127}, "128 rows against 127"),
        ({"metric": "f1"}, "metric accuracy against f1"),
        ({"version": "v0002"}, "both are of v0002"),
    ],
)
def test_scores_that_say_nothing_about_each_other_raise(
    changes: dict[str, object], named: str
) -> None:
    other = score("v0001", 0.5).model_copy(update=changes)

    with pytest.raises(IncomparableScoresError, match=named):
        checks.non_inferior(score("v0002", 0.5), other, EIGHTH)


def test_a_trivial_score_of_other_rows_raises() -> None:
    with pytest.raises(IncomparableScoresError):
        checks.beats_trivial(score("v0001", 0.5), score("trivial", 0.25, n_rows=7))


@pytest.mark.parametrize(("value", "passed"), [(0.5, True), (0.75, True), (0.25, False)])
def test_a_value_on_its_floor_passes(value: float, passed: bool) -> None:
    assert checks.floor("accuracy", score("v0001", value), 0.5).passed is passed


@pytest.mark.parametrize(("value", "passed"), [(0.5, False), (0.25, False), (0.75, True)])
def test_trivial_must_be_beaten_strictly(value: float, passed: bool) -> None:
    assert checks.beats_trivial(score("v0001", value), score("trivial", 0.5)).passed is passed


def test_breaks_of_the_contract_are_listed() -> None:
    broken = checks.contract_compatible(("'a' was removed", "'b' is narrower"))

    assert broken.passed is False
    assert "'a' was removed; 'b' is narrower" in broken.detail
    assert checks.contract_compatible(()).passed is True


@pytest.mark.parametrize(
    ("change", "passed", "detail"),
    [
        (AnswerChange(), True, "answers as the champion does"),
        (AnswerChange(added=('"maybe"',)), True, 'classes added: "maybe"'),
        (
            AnswerChange(removed=('"no"', '"yes"'), added=('"N"', '"Y"')),
            False,
            'classes removed: "no", "yes"; classes added: "N", "Y"',
        ),
        (None, None, "the answers could not be compared"),
    ],
    ids=["same", "added", "renamed", "unknown"],
)
def test_classes_may_be_added_and_none_removed(
    change: AnswerChange | None, passed: bool | None, detail: str
) -> None:
    check = checks.answers_compatible(change)

    assert (check.passed, check.detail) == (passed, detail)


def test_what_was_tried_decides_and_what_was_not_does_not() -> None:
    tried = Finding(passed=False, detail="row 3 differs")

    assert checks.finding("golden_rows", tried).passed is False
    assert checks.finding("golden_rows", None).passed is None


def refusals(generator: np.random.Generator, slower: float, quiet: float) -> int:
    """Count the refusals in 400 judgements of a model on a machine that stalls and slows down.

    Of 8 blocks of 32 rows, each row takes the quickest of 3 calls, as the gate measures.
    """
    refused = 0
    for _ in range(400):
        pace = generator.uniform(1, 3, (8, 1, 1))
        new, old = (noisy(generator, ms * pace) for ms in (slower * quiet, quiet))
        blocks = [
            LatencyBlock(challenger_ms=p95(one), champion_ms=p95(other))
            for one, other in zip(new, old, strict=True)
        ]
        refused += checks.latency(blocks, GateRules(p95_slack_ms=1)).passed is False
    return refused


def noisy(generator: np.random.Generator, typical_ms: np.ndarray) -> np.ndarray:
    calls = typical_ms * generator.lognormal(0, 0.2, (8, 32, 3))
    stalled = generator.random(calls.shape) < 0.3
    return np.asarray((calls + stalled * generator.exponential(15, calls.shape)).min(axis=2))


@pytest.mark.parametrize("quiet", [2.0, 8.0])
def test_equal_models_are_not_refused_on_a_noisy_machine(quiet: float) -> None:
    assert refusals(np.random.default_rng(1), 1.0, quiet) <= 8


@pytest.mark.parametrize(("slower", "quiet"), [(2.0, 4.0), (4.0, 1.0)])
def test_a_slow_model_is_refused_on_a_noisy_machine(slower: float, quiet: float) -> None:
    assert refusals(np.random.default_rng(2), slower, quiet) >= 360


@pytest.mark.parametrize(("challenger_ms", "passed"), [(0.75, True), (1.5, False)])
def test_a_difference_below_the_slack_never_counts(challenger_ms: float, passed: bool) -> None:
    blocks = [LatencyBlock(challenger_ms=challenger_ms, champion_ms=0.25)] * 8

    assert checks.latency(blocks, GateRules(p95_slack_ms=0.5)).passed is passed


def test_a_ratio_on_the_limit_passes() -> None:
    blocks = [LatencyBlock(challenger_ms=15.0, champion_ms=12.0)] * 8

    assert checks.latency(blocks, GateRules(max_p95_ratio=1.25, p95_slack_ms=1)).passed is True
    assert checks.latency(blocks, GateRules(max_p95_ratio=1.125, p95_slack_ms=1)).passed is False


def test_one_stalled_block_does_not_refuse() -> None:
    even = [LatencyBlock(challenger_ms=4.0, champion_ms=4.0)] * 7
    stalled = LatencyBlock(challenger_ms=400.0, champion_ms=4.0)

    assert checks.latency([*even, stalled], GateRules()).passed is True


def test_a_latency_that_is_no_number_decides_nothing() -> None:
    blocks = [LatencyBlock(challenger_ms=4.0, champion_ms=0.0)] * 8

    assert checks.latency(blocks, GateRules()).passed is None
    assert math.isfinite(checks.latency(blocks, GateRules()).limit or math.nan)
