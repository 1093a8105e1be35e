import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from headgate.contract import CategoryColumn, NumberColumn
from headgate.documents.rules import GateRules, Metrics, Split
from headgate.errors import UsageError
from headgate.spec import ModelSpec, Schedule, spec_problems


def a_spec(**changes: Any) -> ModelSpec:
    declared: dict[str, Any] = {
        "name": "churn",
        "task": "classification",
        "target": "left",
        "source": "churn.csv",
        "estimator": dict,
    }
    return ModelSpec(**(declared | changes))


def test_a_typo_in_a_key_names_the_nearest_key_and_all_allowed_ones() -> None:
    with pytest.raises(UsageError) as caught:
        a_spec(treshold=0.5)

    assert "'treshold' is not a key of ModelSpec; did you mean 'threshold'?" in str(caught.value)
    assert "confidence_threshold" in str(caught.value)
    assert "'churn'" in str(caught.value)


def test_a_typo_in_a_nested_key_names_the_nearest_key() -> None:
    with pytest.raises(UsageError, match=r"'gate\.flor' is not a key of GateRules.*'floor'"):
        a_spec(gate={"flor": 0.5})


def test_a_typo_in_a_value_of_its_own_names_the_nearest_key() -> None:
    with pytest.raises(ValidationError) as caught:
        Split(fractoin=0.1)  # type: ignore[call-arg]

    assert "did you mean 'fraction'?" in spec_problems(caught.value)[0]


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        a_spec(name="Churn!", task="clustering", threshold=2, colour="red")

    for part in ("Model name 'Churn!'", "task", "threshold", "'colour'"):
        assert part in str(caught.value)


@pytest.mark.parametrize("key", ["threshold", "confidence_threshold"])
def test_only_a_classification_has_a_threshold(key: str) -> None:
    assert getattr(a_spec(**{key: 0.5}), key) == 0.5

    with pytest.raises(UsageError, match=key):
        a_spec(task="regression", **{key: 0.5})


def test_abstaining_needs_a_confidence_threshold() -> None:
    assert a_spec(abstain=True, confidence_threshold=0.5).abstain

    with pytest.raises(UsageError, match="confidence_threshold below which"):
        a_spec(abstain=True)


def test_a_column_is_declared_once_and_is_not_the_target() -> None:
    twice = (NumberColumn(name="age"), NumberColumn(name="age"))
    assert len(a_spec(features=twice[:1]).features) == 1

    with pytest.raises(UsageError, match="declared twice: 'age'"):
        a_spec(features=twice)
    with pytest.raises(UsageError, match="target 'left' cannot be a feature"):
        a_spec(features=(CategoryColumn(name="left"),))
    with pytest.raises(UsageError, match="also declared as features: 'age'"):
        a_spec(features=twice[:1], exclude=("age",))


@pytest.mark.parametrize("cron", ["0 3 * * *", "*/15 0-6,22 1 jan-mar mon", "5 4 * * 7"])
def test_a_cron_line_of_five_fields_is_accepted(cron: str) -> None:
    assert Schedule(cron=cron, timezone="Europe/Berlin").cron == cron


@pytest.mark.parametrize(
    ("cron", "problem"),
    [
        ("0 3 * *", "4 fields, not 5"),
        ("60 3 * * *", "minute '60'"),
        ("0 3 0 * *", "day of month '0'"),
        ("0 3 * foo *", "month 'foo'"),
        ("0 9-3 * * *", "hour '9-3'"),
        ("*/0 3 * * *", "minute"),
        ("0 3, * * *", "hour '3,'"),
    ],
)
def test_a_cron_line_that_means_nothing_is_refused(cron: str, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Schedule(cron=cron)


@pytest.mark.parametrize("timezone", ["Europe/Nowhere", "", "../etc/passwd"])
def test_an_unknown_time_zone_is_refused(timezone: str) -> None:
    with pytest.raises(ValidationError, match="time zone"):
        Schedule(cron="0 3 * * *", timezone=timezone)


def test_rules_fill_in_the_usual_metric_of_the_task() -> None:
    assert a_spec().rules().metrics.primary == "accuracy"
    assert a_spec(task="regression").rules().metrics.primary == "r2"
    assert a_spec(metrics=Metrics(primary="f1_macro")).rules().metrics.primary == "f1_macro"


def test_rules_carry_everything_that_decides() -> None:
    spec = a_spec(
        split=Split(key=("id",)),
        gate=GateRules(floor=0.5),
        threshold=0.25,
        confidence_threshold=0.75,
        abstain=True,
    )

    rules = spec.rules()

    assert (rules.target, rules.split.key, rules.gate.floor) == ("left", ("id",), 0.5)
    assert (rules.threshold, rules.confidence_threshold, rules.abstain) == (0.25, 0.75, True)


def test_columns_of_the_split_are_no_features_unless_declared() -> None:
    split = Split(key=("id", "day"), group="customer")

    spec = a_spec(split=split, exclude=("note",), features=(CategoryColumn(name="customer"),))

    assert spec.not_features() == ("left", "note", "id", "day")


def test_the_digest_follows_what_is_declared_and_not_the_functions() -> None:
    def source() -> Any: ...

    assert a_spec().sha256() == a_spec(estimator=list).sha256()
    assert a_spec(source=source).sha256() == a_spec(source=lambda: None).sha256()
    changed = [a_spec(seed=1), a_spec(source="b.csv"), a_spec(features=(NumberColumn(name="a"),))]
    assert len({a_spec().sha256(), *(spec.sha256() for spec in changed)}) == 4


def test_a_spec_is_declared_without_loading_pandas_or_sklearn() -> None:
    code = "import sys, headgate.spec_loading; print({'pandas', 'sklearn'} & set(sys.modules))"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "set()"
