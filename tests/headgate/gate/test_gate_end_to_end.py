"""The whole gate on tiny real models in a real store."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from headgate.artifacts.files import GOLDEN, MODEL, TRAINING_ROWS, read_file, read_golden
from headgate.contract import NumberColumn
from headgate.data.holdout import fingerprints, read_holdout, write_fingerprints
from headgate.documents.base import sha256_of
from headgate.documents.gate import Check
from headgate.documents.rules import GateRules, Metrics, Split
from headgate.documents.version import Manifest, StoredFile
from headgate.errors import ConflictError, UnreachableError
from headgate.gate import reports as gates
from headgate.gate.evidence import Evidence, Servability
from headgate.gate.gathering import gather_evidence
from headgate.gate.judge import Judgement, compose_report, judge
from headgate.gate.presenting import report_markdown
from headgate.spec import ModelSpec
from headgate.spec_loading import LoadedSpec
from headgate.store import Store, open_store
from headgate.training.steps import (
    Circumstances,
    draft_manifest,
    evaluate_model,
    fit_model,
    load_data,
)
from headgate.versions import commit_version

ANSWERED = Servability(passed=True, detail="answered the golden rows", seconds=1.5)
KINDS: dict[str, Callable[[int], Any]] = {
    "good": lambda seed: LogisticRegression(random_state=seed),
    "stump": lambda seed: DecisionTreeClassifier(max_depth=1, random_state=seed),
    "trivial": lambda seed: DummyClassifier(strategy="prior", random_state=seed),
    "slow": lambda seed: RandomForestClassifier(60, max_depth=4, random_state=seed),
}


def estimator(seed: int, kind: str = "good") -> Any:
    return KINDS[kind](seed)


def rows(n: int = 800) -> pd.DataFrame:
    """Return rows whose target follows the sum of two columns but for some noise."""
    generator = np.random.default_rng(11)
    frame = pd.DataFrame(generator.normal(size=(n, 2)), columns=["a", "b"])
    total = frame["a"] + frame["b"] + generator.normal(0, 0.25, n)
    return frame.assign(y=np.where(total > 0, "yes", "no"))


def numbered_rows() -> pd.DataFrame:
    return rows().assign(k=range(800))


def train(store: Store, run_id: str, kind: str = "good", **declared: Any) -> Manifest:
    """Train, evaluate and commit one more version."""
    fields = {
        "name": "toy",
        "task": "classification",
        "target": "y",
        "source": rows,
        "estimator": estimator,
        "metrics": Metrics(primary="accuracy", others=("roc_auc",)),
        "gate": GateRules(floor=0.75, floors={"roc_auc": 0.75}),
    }
    loaded = LoadedSpec(ModelSpec.model_validate(fields | declared), Path(__file__), "00" * 32)
    data = load_data(store, loaded.spec)
    fitted = fit_model(store, loaded, data, run_id=run_id, attempt=1, params={"kind": kind})
    evaluated = evaluate_model(store, loaded, data, fitted, run_id=run_id, attempt=1)
    made_in = Circumstances(run_id, attempt=1, by="anna (key)")
    return commit_version(store, draft_manifest(loaded, data, fitted, evaluated, made_in))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return open_store(str(tmp_path_factory.mktemp("store")))


@pytest.fixture(scope="module")
def good(store: Store) -> Manifest:
    return train(store, "good")


@pytest.fixture(scope="module")
def stump(store: Store) -> Manifest:
    return train(store, "stump", "stump")


def gather(store: Store, challenger: Manifest, champion: Manifest | None) -> Evidence:
    return gather_evidence(store, challenger, champion, servability=ANSWERED)


def judged(store: Store, challenger: Manifest, champion: Manifest | None) -> Judgement:
    return judge(gather(store, challenger, champion))


def named(judgement: Judgement, name: str) -> Check:
    return next(check for check in judgement.checks if check.name == name)


def altered(store: Store, manifest: Manifest, name: str, data: bytes) -> Manifest:
    """Return a manifest in which a file was replaced, and its record too."""
    key = f"models/toy/artifacts/altered/{sha256_of(data)}"
    store.put_if_absent(key, data)
    file = StoredFile(key=key, size=len(data), sha256=sha256_of(data))
    return manifest.model_copy(update={"files": {**manifest.files, name: file}})


def test_a_good_first_version_passes(store: Store, good: Manifest) -> None:
    evidence = gather(store, good, None)

    assert judge(evidence).verdict == "PASS"
    assert evidence.n_rows == good.provenance.n_rows_holdout
    assert evidence.n_rows_dropped == 0


def test_a_first_version_that_ignores_its_input_is_refused(store: Store) -> None:
    trivial = train(store, "trivial", "trivial", gate=GateRules())

    judgement = judged(store, trivial, None)

    assert judgement.verdict == "FAIL"
    assert judgement.reason.startswith("beats_trivial")


def test_the_better_model_wins_and_the_worse_one_loses(
    store: Store, good: Manifest, stump: Manifest
) -> None:
    wins, loses = judged(store, good, stump), judged(store, stump, good)

    assert (wins.verdict, loses.verdict) == ("PASS", "FAIL")
    assert named(loses, "non_inferior").passed is False
    assert named(wins, "non_inferior").value == -(named(loses, "non_inferior").value or 0)
    interval = named(wins, "non_inferior").interval
    assert interval is not None
    assert interval[0] > 0


def test_an_equal_model_is_not_refused(store: Store, good: Manifest) -> None:
    same = good.model_copy(update={"number": 99})

    judgement = judged(store, same, good)

    assert judgement.verdict == "PASS"
    assert named(judgement, "latency_p95").passed is True


def test_scores_are_measured_again_and_not_taken_from_the_manifest(
    store: Store, good: Manifest, stump: Manifest
) -> None:
    boasting = stump.model_copy(update={"metrics": {"accuracy": 1.0, "roc_auc": 1.0}})

    assert judged(store, boasting, good).verdict == "FAIL"


def test_rows_the_champion_trained_on_are_dropped(store: Store, good: Manifest) -> None:
    greedy = train(store, "greedy", "stump", split=Split(fraction=0.05))

    evidence = gather(store, good, greedy)

    assert evidence.n_rows == greedy.provenance.n_rows_holdout
    assert evidence.n_rows + evidence.n_rows_dropped == good.provenance.n_rows_holdout
    assert evidence.n_rows_dropped > 50
    assert {score.n_rows for score in evidence.all_scores()} == {evidence.n_rows}


def test_a_challenger_that_trained_on_its_holdout_is_not_judged_on_it(
    store: Store, good: Manifest, stump: Manifest
) -> None:
    prints = fingerprints(["a", "b"], "y", read_holdout(store, good))
    cheat = altered(store, good, TRAINING_ROWS, write_fingerprints(prints))

    judgement = judged(store, cheat, stump)

    assert judgement.verdict == "INCONCLUSIVE"
    assert "the holdout is empty" in judgement.reason


def test_too_few_rows_left_decide_nothing(store: Store, good: Manifest, stump: Manifest) -> None:
    rules = good.rules.model_copy(update={"gate": GateRules(min_rows=500)})
    demanding = good.model_copy(update={"rules": rules})

    assert judged(store, demanding, stump).verdict == "INCONCLUSIVE"


def test_a_slow_model_is_refused(store: Store, good: Manifest) -> None:
    slow = train(store, "slow", "slow", gate=GateRules(max_drop=0.25, p95_slack_ms=1))

    judgement = judged(store, slow, good)

    assert judgement.verdict == "FAIL"
    assert judgement.reason.startswith("latency_p95")


def test_a_contract_that_breaks_callers_is_refused(store: Store, good: Manifest) -> None:
    narrow = (NumberColumn(name="a", minimum=-6, maximum=6, policy="reject"),)
    breaking = train(store, "breaking", features=narrow)

    judgement = judged(store, breaking, good)

    assert judgement.verdict == "FAIL"
    assert judgement.reason.startswith("contract")


def test_a_champion_that_needs_other_columns_leaves_it_undecided(
    store: Store, good: Manifest
) -> None:
    without = train(store, "without", exclude=("b",), gate=GateRules())

    judgement = judged(store, without, good)

    assert "lacks columns it needs: b" in named(judgement, "champion_scored").detail
    assert named(judgement, "champion_scored").passed is None
    assert named(judgement, "non_inferior").passed is None
    assert judgement.verdict == "FAIL"
    assert named(judgement, "contract").passed is False


def test_a_champion_with_fewer_columns_is_scored_on_its_own(store: Store) -> None:
    keyed: dict[str, Any] = {"source": numbered_rows, "split": Split(key=("k",))}
    fewer = train(store, "fewer", **keyed, exclude=("b",), gate=GateRules())
    more = train(store, "more", **keyed)

    evidence = gather(store, more, fewer)

    assert evidence.n_rows_dropped == 0
    assert evidence.champion_score("accuracy") is not None
    assert named(judge(evidence), "non_inferior").passed is True


def test_altered_golden_rows_are_refused(store: Store, good: Manifest, stump: Manifest) -> None:
    golden = read_golden(store, good)
    first = golden.outputs[0]
    other = first.model_copy(update={"predicted_class": 1 - (first.predicted_class or 0)})
    changed = golden.model_copy(update={"outputs": (other, *golden.outputs[1:])})

    judgement = judged(store, altered(store, good, GOLDEN, changed.to_bytes()), stump)

    assert judgement.verdict == "FAIL"
    assert judgement.reason.startswith("golden_rows")


def test_a_challenger_whose_bytes_are_not_those_recorded_is_refused(
    store: Store, good: Manifest, stump: Manifest
) -> None:
    wrong = good.files[MODEL].model_copy(update={"sha256": "00" * 32})
    damaged = good.model_copy(update={"files": {**good.files, MODEL: wrong}})

    judgement = judged(store, damaged, stump)

    assert judgement.verdict == "FAIL"
    assert judgement.reason.startswith("loads")


def test_a_challenger_whose_estimator_is_no_estimator_is_refused(
    store: Store, good: Manifest
) -> None:
    assert judged(store, altered(store, good, MODEL, b"not a model"), None).verdict == "FAIL"


def test_a_champion_that_does_not_load_leaves_it_undecided(
    store: Store, good: Manifest, stump: Manifest
) -> None:
    gone = {name: file for name, file in stump.files.items() if name != MODEL}

    judgement = judged(store, good, stump.model_copy(update={"files": gone}))

    assert judgement.verdict == "INCONCLUSIVE"
    assert judgement.reason.startswith("contract")
    assert "has no file 'model.skops'" in named(judgement, "champion_loads").detail


def test_a_service_that_was_not_asked_leaves_it_undecided(store: Store, good: Manifest) -> None:
    evidence = gather_evidence(store, good, None, servability=None)

    assert judge(evidence).verdict == "INCONCLUSIVE"


def test_a_version_is_not_compared_with_itself(store: Store, good: Manifest) -> None:
    with pytest.raises(ConflictError, match="is the champion itself"):
        gather(store, good, good)


class Away:
    """A store that cannot be reached."""

    def __init__(self, store: Store) -> None:
        self.__dict__.update(vars(store))

    def get(self, key: str) -> bytes:
        raise UnreachableError(f"Nobody answers for {key!r}. Try again.")


def test_a_store_that_is_away_is_no_fault_of_the_version(store: Store, good: Manifest) -> None:
    with pytest.raises(UnreachableError):
        gather(Away(store), good, None)  # type: ignore[arg-type]


def test_the_report_can_be_stored_read_and_shown(
    store: Store, good: Manifest, stump: Manifest
) -> None:
    evidence = gather(store, good, stump)
    report = compose_report(
        evidence,
        judge(evidence),
        gate_id="g-end",
        run_id="r-end",
        ledger_seq=1,
        ledger_head_sha256="ab" * 32,
        judged_at=datetime(2026, 1, 2, tzinfo=UTC),
        by="anna (key)",
    )

    gates.write_report(store, report)

    assert gates.latest_pass(store, "toy", good.version) == report
    assert {score.version for score in report.scores} == {good.version, stump.version, "trivial"}
    assert report_markdown(report).startswith(f"# PASS: toy@{good.version} against {stump.version}")
    assert read_file(store, good, MODEL)
