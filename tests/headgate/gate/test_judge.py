import math
from datetime import UTC, datetime

import pytest

from headgate.documents.gate import Check
from headgate.gate.comparing import IncomparableScoresError
from headgate.gate.evidence import AnswerChange, Finding, LatencyBlock, Servability
from headgate.gate.judge import compose_report, decide, judge
from tests.headgate.gate.building import EVEN, evidence, first_version, rules, score

MISSING = [None, math.nan, math.inf, -math.inf]
SLOW = tuple(LatencyBlock(challenger_ms=60.0, champion_ms=2.0) for _ in range(8))


def test_a_better_challenger_passes() -> None:
    judgement = judge(evidence(0.875, 0.75))

    assert judgement.verdict == "PASS"
    assert all(check.passed for check in judgement.checks)


def test_a_worse_challenger_is_refused_and_the_reason_names_the_check_first() -> None:
    judgement = judge(evidence(0.75, 0.875))

    assert judgement.verdict == "FAIL"
    assert judgement.reason.startswith("non_inferior (accuracy 0.75 against 0.875")


def test_swapping_challenger_and_champion_gives_the_other_answer() -> None:
    forward = judge(evidence(0.9375, 0.8125))
    backward = judge(evidence(0.8125, 0.9375))

    assert (forward.verdict, backward.verdict) == ("PASS", "FAIL")


def test_an_equal_challenger_passes() -> None:
    assert judge(evidence(0.75, 0.75)).verdict == "PASS"


def test_a_first_version_is_judged_without_any_check_against_a_champion() -> None:
    judgement = judge(first_version(0.75, 0.5))

    assert judgement.verdict == "PASS"
    assert [check.name for check in judgement.checks] == [
        "loads",
        "golden_rows",
        "scored",
        "answers_rows",
        "servable",
        "enough_rows",
        "measured",
        "beats_trivial",
    ]


@pytest.mark.parametrize(("value", "verdict"), [(0.625, "PASS"), (0.5, "FAIL"), (0.25, "FAIL")])
def test_a_first_version_must_beat_a_trivial_model(value: float, verdict: str) -> None:
    assert judge(first_version(value, 0.5)).verdict == verdict


@pytest.mark.parametrize(("value", "verdict"), [(0.75, "PASS"), (0.625, "FAIL"), (0.5, "FAIL")])
def test_a_challenger_must_beat_a_trivial_model_though_it_equals_the_champion(
    value: float, verdict: str
) -> None:
    judgement = judge(evidence(value, value, trivial_score=score("trivial", 0.625)))

    assert judgement.verdict == verdict
    assert judgement.reason.startswith("beats_trivial") is (verdict == "FAIL")


def test_a_first_version_below_its_floor_is_refused() -> None:
    judgement = judge(first_version(0.625, 0.5, rules=rules(floor=0.75)))

    assert judgement.verdict == "FAIL"
    assert judgement.reason.startswith("floor:accuracy")


def test_a_floor_holds_though_the_challenger_beats_the_champion() -> None:
    assert judge(evidence(0.75, 0.5, rules=rules(floor=0.875))).verdict == "FAIL"
    assert judge(evidence(0.875, 0.5, rules=rules(floor=0.875))).verdict == "PASS"


def test_a_floor_of_another_metric_is_held() -> None:
    asked = rules(floors={"recall_macro": 0.5})
    low = (score("v0002", 0.75), score("v0002", 0.25, metric="recall_macro"))
    high = (score("v0002", 0.75), score("v0002", 0.5, metric="recall_macro"))

    assert judge(evidence(0.75, 0.75, rules=asked, scores=low)).verdict == "FAIL"
    assert judge(evidence(0.75, 0.75, rules=asked, scores=high)).verdict == "PASS"


def test_a_floor_of_a_metric_nobody_measured_is_not_kept() -> None:
    assert judge(evidence(0.75, 0.75, rules=rules(floors={"recall_macro": 0.5}))).verdict == "FAIL"


@pytest.mark.parametrize("value", MISSING)
def test_a_challenger_without_a_number_never_passes(value: float | None) -> None:
    assert judge(evidence(value, 0.75)).verdict == "FAIL"
    assert judge(first_version(value, 0.5)).verdict == "FAIL"


@pytest.mark.parametrize("value", MISSING)
def test_a_champion_without_a_number_leaves_it_undecided(value: float | None) -> None:
    assert judge(evidence(0.75, value)).verdict == "INCONCLUSIVE"


@pytest.mark.parametrize("value", MISSING)
def test_a_trivial_model_without_a_number_leaves_it_undecided(value: float | None) -> None:
    assert judge(first_version(0.75, value)).verdict == "INCONCLUSIVE"
    unknown = score("trivial", value)
    assert judge(evidence(0.75, 0.75, trivial_score=unknown)).verdict == "INCONCLUSIVE"


def test_metrics_that_were_not_measured_never_pass() -> None:
    assert judge(evidence(0.75, 0.75, scores=())).verdict == "FAIL"
    assert judge(evidence(0.75, 0.75, champion_scores=())).verdict == "INCONCLUSIVE"
    assert judge(first_version(0.75, 0.5, trivial_score=None)).verdict == "INCONCLUSIVE"


def test_an_empty_holdout_decides_nothing() -> None:
    nothing = {"n_rows": 0, "scores": (), "champion_scores": (), "trivial_score": None}

    for judgement in (
        judge(evidence(None, None, **nothing)),
        judge(first_version(1, 0, **nothing)),
    ):
        assert judgement.verdict == "INCONCLUSIVE"
        assert "the holdout is empty" in judgement.reason


@pytest.mark.parametrize(("min_rows", "verdict"), [(128, "PASS"), (129, "INCONCLUSIVE")])
def test_too_few_rows_decide_nothing(min_rows: int, verdict: str) -> None:
    assert judge(evidence(0.875, 0.75, rules=rules(min_rows=min_rows))).verdict == verdict
    assert judge(first_version(0.875, 0.75, rules=rules(min_rows=min_rows))).verdict == verdict


def test_too_few_rows_do_not_condemn_either() -> None:
    judgement = judge(evidence(0.5, 0.75, n_rows_dropped=72, rules=rules(min_rows=200)))

    assert judgement.verdict == "INCONCLUSIVE"
    assert "72 dropped because a version trained on them" in judgement.reason


@pytest.mark.parametrize(
    "broken",
    [
        {"loads": Finding(passed=False, detail="sha256 differs")},
        {"golden": Finding(passed=False, detail="row 3 differs")},
        {"scored": Finding(passed=False, detail="gave no usable answer"), "scores": ()},
        {"servability": Servability(passed=False, detail="answered 500", seconds=1)},
        {"breaks": ("column 'age' was added and is required",)},
        {"answers": AnswerChange(removed=('"yes"',), added=('"Y"',))},
        {"n_rows_refused": 1},
        {"latency": SLOW},
    ],
    ids=lambda broken: next(iter(broken)),
)
def test_anything_wrong_with_the_challenger_fails_however_good_its_score(
    broken: dict[str, object],
) -> None:
    assert judge(evidence(1.0, 0.5, **broken)).verdict == "FAIL"


@pytest.mark.parametrize(
    "unknown",
    [
        {"golden": Finding(passed=None, detail="not tried")},
        {"servability": None},
        {"breaks": None},
        {"answers": None},
        {"trivial_score": None},
        {"champion_loads": None},
        {"champion_loads": Finding(passed=None, detail="sha256 differs"), "champion_scores": ()},
        {"champion_scored": None},
        {"champion_scored": Finding(passed=None, detail="column 'age' is missing")},
        {"latency": ()},
        {"latency": EVEN[:4]},
    ],
    ids=str,
)
def test_anything_unknown_leaves_it_undecided(unknown: dict[str, object]) -> None:
    assert judge(evidence(1.0, 0.5, **unknown)).verdict == "INCONCLUSIVE"


def test_a_challenger_that_does_not_load_fails_by_that_alone() -> None:
    failed = Finding(passed=False, detail="model.skops has another sha256.")
    untried = Finding(passed=None, detail="nothing was loaded")

    judgement = judge(
        evidence(
            *(None, None),
            loads=failed,
            scored=untried,
            scores=(),
            champion_scores=(),
            trivial_score=None,
        )
    )

    assert judgement.verdict == "FAIL"
    assert judgement.reason == "loads (model.skops has another sha256)"


def test_a_challenger_that_refuses_every_row_fails_though_none_is_left() -> None:
    nothing = {
        "n_rows": 0,
        "n_rows_refused": 40,
        "scores": (),
        "champion_scores": (),
        "trivial_score": None,
    }

    assert judge(evidence(None, None, **nothing)).verdict == "FAIL"
    assert judge(first_version(None, None, **nothing)).verdict == "FAIL"


def test_scores_of_other_rows_raise() -> None:
    other = score("v0001", 0.75, holdout_sha256="cd" * 32)

    with pytest.raises(IncomparableScoresError, match="accuracy of v0001 on 128 rows of cdcd"):
        judge(evidence(0.75, 0.75, champion_scores=(other,)))


def test_scores_of_another_number_of_rows_raise() -> None:
    with pytest.raises(IncomparableScoresError, match="v0002 on 127 rows"):
        judge(evidence(0.75, 0.75, scores=(score("v0002", 0.75, n_rows=127),)))


def test_no_checks_are_no_pass() -> None:
    assert decide([])[0] == "INCONCLUSIVE"


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        ((True, True), "PASS"),
        ((True, None), "INCONCLUSIVE"),
        ((None, False), "FAIL"),
        ((True, False), "FAIL"),
    ],
)
def test_the_worst_check_decides(results: tuple[bool | None, ...], verdict: str) -> None:
    checks = [Check(name=f"c{i}", passed=passed, detail="") for i, passed in enumerate(results)]

    assert decide(checks)[0] == verdict


def test_the_report_of_numbers_that_are_none_can_be_stored() -> None:
    asked = evidence(None, 0.75, interval=(math.nan, math.nan))

    report = compose_report(
        asked,
        judge(asked),
        gate_id="g1",
        run_id="r1",
        manifest_sha256="12" * 32,
        ledger_seq=4,
        ledger_head_sha256="ef" * 32,
        judged_at=datetime(2026, 1, 2, tzinfo=UTC),
        by="anna (key)",
    )

    assert type(report).from_bytes(report.to_bytes(), "g1") == report
    assert (report.verdict, report.champion, report.ledger_seq) == ("FAIL", "v0001", 4)
    assert [score.version for score in report.scores] == ["v0002", "v0001", "trivial"]
    assert report.manifest_sha256 == "12" * 32
