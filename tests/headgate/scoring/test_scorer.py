"""The one scoring function: what it answers, flags, withholds and refuses."""

import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from headgate.contract import Contract, NumberColumn, TextColumn
from headgate.documents.rules import Metrics, Rules
from headgate.errors import HeadgateError
from headgate.scoring.answers import Answer, RowError, ScoringError
from headgate.scoring.scorer import Scorer

GENERATOR = np.random.default_rng(7)
X = GENERATOR.normal(size=(200, 2))
Y = np.where(X[:, 0] + X[:, 1] > 0, "yes", "no")
CONTRACT = Contract(columns=(NumberColumn(name="a"), NumberColumn(name="b", maximum=3.0)))
CLASSIFY = Rules(task="classification", target="y", metrics=Metrics(primary="accuracy"))
REGRESS = Rules(task="regression", target="y", metrics=Metrics(primary="r2"))


def scorer(estimator: Any, rules: Rules = CLASSIFY, classes: Any = ("no", "yes")) -> Scorer:
    return Scorer(
        model="demo",
        version="v0001",
        contract=CONTRACT,
        rules=rules,
        classes=None if rules.task == "regression" else classes,
        input_form="matrix",
        estimator=estimator,
    )


def row(a: float, b: float) -> dict[str, object]:
    return {"a": a, "b": b}


def only_answer(given: Scorer, a: float, b: float) -> Answer:
    answer = given.score([row(a, b)]).answers()[0]
    assert isinstance(answer, Answer)
    return answer


LOGISTIC = LogisticRegression().fit(X, Y)
FOREST = HistGradientBoostingClassifier(max_iter=5, random_state=0).fit(X, Y)


def test_a_classification_answers_in_the_targets_own_type_with_its_probability() -> None:
    answer = only_answer(scorer(LOGISTIC), 2.0, 2.0)

    assert answer.prediction == "yes"
    assert (answer.label, answer.predicted_class) == ("yes", 1)
    assert answer.probabilities is not None
    assert answer.confidence == answer.probabilities["yes"]
    assert answer.is_confident is None


def test_a_boolean_target_is_answered_as_a_boolean() -> None:
    estimator = LogisticRegression().fit(X, Y == "yes")

    answer = only_answer(scorer(estimator, classes=(False, True)), 2.0, 2.0)

    assert answer.prediction is True
    assert answer.label == "true"


def test_a_regression_answers_a_number_and_nothing_about_classes() -> None:
    estimator = Ridge().fit(X, X[:, 0])

    answer = only_answer(scorer(estimator, REGRESS), 1.0, 0.0)

    assert answer.prediction == pytest.approx(1.0, abs=0.1)
    assert (answer.label, answer.probabilities, answer.interval) == (None, None, None)


def test_an_estimator_without_probabilities_answers_without_confidence() -> None:
    answer = only_answer(scorer(LinearSVC().fit(X, Y)), 2.0, 2.0)

    assert answer.prediction == "yes"
    assert (answer.confidence, answer.is_confident, answer.probabilities) == (None, None, None)


@pytest.mark.parametrize(
    ("threshold", "prediction"), [(0.999, "no"), (0.001, "yes"), (None, "yes")]
)
def test_the_threshold_is_what_the_second_class_must_exceed(
    threshold: float | None, prediction: str
) -> None:
    rules = CLASSIFY.model_copy(update={"threshold": threshold})

    assert only_answer(scorer(LOGISTIC, rules), 0.5, 0.5).prediction == prediction


def test_a_threshold_tuned_inside_the_estimator_is_kept() -> None:
    tuned = FixedThresholdClassifier(LogisticRegression(), threshold=0.999).fit(X, Y)

    answer = only_answer(scorer(tuned), 0.5, 0.5)

    assert answer.prediction == "no"
    assert answer.confidence is not None
    assert answer.confidence < 0.5


@pytest.mark.parametrize(("abstain", "prediction"), [(True, None), (False, "yes")])
def test_an_unsure_answer_is_withheld_only_where_the_rules_abstain(
    abstain: bool, prediction: str | None
) -> None:
    rules = CLASSIFY.model_copy(update={"confidence_threshold": 0.9, "abstain": abstain})

    answer = only_answer(scorer(LOGISTIC, rules), 0.05, 0.05)

    assert answer.prediction == prediction
    assert answer.is_confident is False
    assert answer.flags == (("needs_review",) if abstain else ())
    assert (answer.label is None) is abstain


def test_a_sure_answer_is_given_though_the_rules_abstain() -> None:
    rules = CLASSIFY.model_copy(update={"confidence_threshold": 0.9, "abstain": True})

    answer = only_answer(scorer(LOGISTIC, rules), 3.0, 3.0)

    assert (answer.prediction, answer.is_confident, answer.flags) == ("yes", True, ())


def test_the_choice_behind_a_withheld_answer_is_kept_for_judging() -> None:
    rules = CLASSIFY.model_copy(update={"confidence_threshold": 1.0, "abstain": True})

    scored = scorer(LOGISTIC, rules).score([row(2, 2), row(-2, -2)])

    assert list(scored.predictions) == [None, None]
    assert scored.chosen == ["yes", "no"]


def test_refused_rows_keep_their_place_and_flags_theirs() -> None:
    rows = [row(1, 1), {"a": "x", "b": 1.0}, row(1, 9)]

    scored = scorer(LOGISTIC).score(rows)
    first, refused, flagged = scored.answers()

    assert scored.accepted == [0, 2]
    assert isinstance(first, Answer)
    assert isinstance(refused, RowError)
    assert refused.fields[0].field == "a"
    assert isinstance(flagged, Answer)
    assert flagged.flags[0].startswith("b:")


def test_a_batch_of_refused_rows_asks_the_estimator_nothing() -> None:
    scored = scorer(Says(ZeroDivisionError())).score([{}])

    assert scored.accepted == []
    assert isinstance(scored.answers()[0], RowError)


@dataclass
class Says:
    """An estimator that answers what it was told to."""

    numbers: Any = None
    classes_: Any = field(default_factory=lambda: np.array(["no", "yes"]))

    def fit(self, X: Any, y: Any) -> Any:  # noqa: ARG002
        return self

    def predict(self, X: Any) -> Any:
        if isinstance(self.numbers, Exception):
            raise self.numbers
        return np.full(len(X), self.numbers)


@dataclass
class SaysProbabilities(Says):
    def predict(self, X: Any) -> Any:
        return np.full(len(X), "yes")

    def predict_proba(self, X: Any) -> Any:
        return np.tile(np.array(self.numbers), (len(X), 1))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_not_finite_is_never_an_answer(number: float) -> None:
    with pytest.raises(ScoringError, match="not finite for 1 of 1 rows"):
        scorer(Says(number), REGRESS).score([row(1, 1)])


@pytest.mark.parametrize(
    ("probabilities", "found"),
    [
        ([float("nan"), 1.0], "not finite"),
        ([0.4, 0.4], "does not sum to one"),
        ([-0.5, 1.5], "does not sum to one"),
        ([0.2, 0.3, 0.5], "shape"),
    ],
)
def test_probabilities_that_are_none_are_never_an_answer(
    probabilities: list[float], found: str
) -> None:
    with pytest.raises(ScoringError, match=found):
        scorer(SaysProbabilities(probabilities)).score([row(1, 1)])


def test_a_class_the_version_does_not_know_is_never_an_answer() -> None:
    with pytest.raises(ScoringError, match="KeyError"):
        scorer(Says("perhaps")).score([row(1, 1)])


def test_an_estimators_exception_names_version_and_class_but_no_values() -> None:
    with pytest.raises(ScoringError) as caught:
        scorer(Says(ZeroDivisionError("secret 4711")), REGRESS).score([row(1, 1)])

    assert "v0001 of 'demo'" in str(caught.value)
    assert "ZeroDivisionError" in str(caught.value)
    assert "4711" not in str(caught.value)


def test_a_threshold_needs_probabilities() -> None:
    with pytest.raises(HeadgateError, match="no probabilities"):
        scorer(LinearSVC().fit(X, Y), CLASSIFY.model_copy(update={"threshold": 0.5}))


def test_a_threshold_needs_two_classes() -> None:
    with pytest.raises(HeadgateError, match="two classes, but 3"):
        scorer(LOGISTIC, CLASSIFY.model_copy(update={"threshold": 0.5}), classes=("a", "b", "c"))


def test_one_class_is_no_classification() -> None:
    with pytest.raises(HeadgateError, match="two are the least"):
        scorer(LOGISTIC, classes=("yes",))


def test_a_text_estimator_gets_plain_strings() -> None:
    estimator = make_pipeline(TfidfVectorizer(), LogisticRegression())
    estimator.fit(["good day", "bad day"] * 5, ["yes", "no"] * 5)
    given = Scorer(
        "demo",
        "v0001",
        Contract(columns=(TextColumn(name="review"),)),
        CLASSIFY,
        ("no", "yes"),
        "text",
        estimator,
    )

    assert given.score([{"review": "a good one"}]).predictions == ["yes"]


NUMBERS = st.floats(-5, 5)
ROWS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=20)


@settings(max_examples=40, deadline=None)
@given(rows=ROWS, at=st.integers(0, 19))
@pytest.mark.parametrize(
    "estimator", [FOREST, make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)]
)
def test_a_row_is_answered_alone_as_in_any_batch(
    estimator: Any, rows: list[tuple[float, float]], at: int
) -> None:
    given, at = scorer(estimator), at % len(rows)

    alone = only_answer(given, *rows[at])
    among = given.score([row(*pair) for pair in rows]).answers()[at]
    by_column = given.score_columns(
        {"a": [a for a, _ in rows], "b": [b for _, b in rows]}, len(rows)
    ).answers()[at]

    assert isinstance(among, Answer)
    assert among == by_column
    assert (alone.prediction, alone.flags) == (among.prediction, among.flags)
    assert alone.confidence == pytest.approx(among.confidence, abs=1e-12)


@pytest.mark.parametrize("library", ["pandas", "sklearn", "skops", "prefect", "matplotlib"])
def test_what_a_serving_process_shares_loads_no_heavy_library(library: str) -> None:
    program = (
        "import sys, headgate.scoring.answers, headgate.artifacts.files\n"
        "import headgate.scoring.golden, headgate.scoring.rows\n"
        f"sys.exit({library!r} in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], check=False)

    assert done.returncode == 0
