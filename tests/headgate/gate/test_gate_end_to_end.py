"""The whole gate on tiny real models in a real store."""

from datetime import UTC, datetime
from typing import Any

from headgate.artifacts.files import MODEL, TRAINING_ROWS, read_file
from headgate.contract import NumberColumn
from headgate.data.holdout import fingerprints, read_holdout, write_fingerprints
from headgate.documents.rules import GateRules, Split
from headgate.documents.version import Manifest
from headgate.gate import reports as gates
from headgate.gate.judge import compose_report, judge
from headgate.gate.presenting import report_markdown
from headgate.store import Store
from tests.headgate.gate.toy import altered, gather, judged, named, numbered_rows, train


def test_a_good_first_version_passes(toy_store: Store, good: Manifest) -> None:
    evidence = gather(toy_store, good, None)

    assert judge(evidence).verdict == "PASS"
    assert evidence.n_rows == good.provenance.n_rows_holdout
    assert evidence.n_rows_dropped == 0


def test_a_first_version_that_ignores_its_input_is_refused(toy_store: Store) -> None:
    trivial = train(toy_store, "trivial", "trivial", gate=GateRules())

    judgement = judged(toy_store, trivial, None)

    assert judgement.verdict == "FAIL"
    assert judgement.reason.startswith("beats_trivial")


def test_the_better_model_wins_and_the_worse_one_loses(
    toy_store: Store, good: Manifest, stump: Manifest
) -> None:
    wins, loses = judged(toy_store, good, stump), judged(toy_store, stump, good)

    assert (wins.verdict, loses.verdict) == ("PASS", "FAIL")
    assert named(loses, "non_inferior").passed is False
    assert named(wins, "non_inferior").value == -(named(loses, "non_inferior").value or 0)
    interval = named(wins, "non_inferior").interval
    assert interval is not None
    assert interval[0] > 0


def test_an_equal_model_is_not_refused(toy_store: Store, good: Manifest) -> None:
    same = good.model_copy(update={"number": 99})

    judgement = judged(toy_store, same, good)

    assert judgement.verdict == "PASS"
    assert named(judgement, "latency_p95").passed is True


def test_scores_are_measured_again_and_not_taken_from_the_manifest(
    toy_store: Store, good: Manifest, stump: Manifest
) -> None:
    boasting = stump.model_copy(update={"metrics": {"accuracy": 1.0, "roc_auc": 1.0}})

    assert judged(toy_store, boasting, good).verdict == "FAIL"


def test_rows_the_champion_trained_on_are_dropped(toy_store: Store, good: Manifest) -> None:
    greedy = train(toy_store, "greedy", "stump", split=Split(fraction=0.05))

    evidence = gather(toy_store, good, greedy)

    assert evidence.n_rows == greedy.provenance.n_rows_holdout
    assert evidence.n_rows + evidence.n_rows_dropped == good.provenance.n_rows_holdout
    assert evidence.n_rows_dropped > 50
    assert {score.n_rows for score in evidence.all_scores()} == {evidence.n_rows}


def test_a_challenger_that_trained_on_its_holdout_is_not_judged_on_it(
    toy_store: Store, good: Manifest, stump: Manifest
) -> None:
    prints = fingerprints(["a", "b"], "y", read_holdout(toy_store, good))
    cheat = altered(toy_store, good, TRAINING_ROWS, write_fingerprints(prints))

    judgement = judged(toy_store, cheat, stump)

    assert judgement.verdict == "INCONCLUSIVE"
    assert "the holdout is empty" in judgement.reason


def test_too_few_rows_left_decide_nothing(
    toy_store: Store, good: Manifest, stump: Manifest
) -> None:
    rules = good.rules.model_copy(update={"gate": GateRules(min_rows=500)})
    demanding = good.model_copy(update={"rules": rules})

    assert judged(toy_store, demanding, stump).verdict == "INCONCLUSIVE"


def test_a_slow_model_is_refused(toy_store: Store, good: Manifest) -> None:
    slow = train(toy_store, "slow", "slow", gate=GateRules(max_drop=0.25, p95_slack_ms=1))

    judgement = judged(toy_store, slow, good)

    assert judgement.verdict == "FAIL"
    assert judgement.reason.startswith("latency_p95")


def test_a_contract_that_breaks_callers_is_refused(toy_store: Store, good: Manifest) -> None:
    narrow = (NumberColumn(name="a", minimum=-6, maximum=6, policy="reject"),)
    breaking = train(toy_store, "breaking", features=narrow)

    judgement = judged(toy_store, breaking, good)

    assert judgement.verdict == "FAIL"
    assert judgement.reason.startswith("contract")


def test_a_champion_that_needs_other_columns_leaves_it_undecided(
    toy_store: Store, good: Manifest
) -> None:
    without = train(toy_store, "without", exclude=("b",), gate=GateRules())

    judgement = judged(toy_store, without, good)

    assert "lacks columns it needs: b" in named(judgement, "champion_scored").detail
    assert named(judgement, "champion_scored").passed is None
    assert named(judgement, "non_inferior").passed is None
    assert judgement.verdict == "FAIL"
    assert named(judgement, "contract").passed is False


def test_a_champion_with_fewer_columns_is_scored_on_its_own(toy_store: Store) -> None:
    keyed: dict[str, Any] = {"source": numbered_rows, "split": Split(key=("k",))}
    fewer = train(toy_store, "fewer", **keyed, exclude=("b",), gate=GateRules())
    more = train(toy_store, "more", **keyed)

    evidence = gather(toy_store, more, fewer)

    assert evidence.n_rows_dropped == 0
    assert evidence.champion_score("accuracy") is not None
    assert named(judge(evidence), "non_inferior").passed is True


def test_the_report_can_be_stored_read_and_shown(
    toy_store: Store, good: Manifest, stump: Manifest
) -> None:
    evidence = gather(toy_store, good, stump)
    report = compose_report(
        evidence,
        judge(evidence),
        gate_id="g-end",
        run_id="r-end",
        manifest_sha256="12" * 32,
        ledger_seq=1,
        ledger_head_sha256="ab" * 32,
        judged_at=datetime(2026, 1, 2, tzinfo=UTC),
        by="anna (key)",
    )

    gates.write_report(toy_store, report)

    assert gates.latest_pass(toy_store, "toy", good.version) == report
    assert {score.version for score in report.scores} == {good.version, stump.version, "trivial"}
    assert report_markdown(report).startswith(f"# PASS: toy@{good.version} against {stump.version}")
    assert read_file(toy_store, good, MODEL)
