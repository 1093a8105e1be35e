"""Metrics: scikit-learn's, the team's own, and those that have no value."""

import math
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, log_loss, roc_auc_score

from headgate.documents.rules import Metrics, Rules, Task
from headgate.errors import UsageError
from headgate.scoring.answers import Scored
from headgate.scoring.metrics import (
    MetricError,
    check_metrics,
    evaluate,
    measure,
    paired_losses,
    primary,
)

TRUTH = ["no", "no", "yes", "yes", "yes", "no"]
PREDICTED = ["no", "yes", "yes", "yes", "no", "no"]
P = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7], [0.55, 0.45], [0.7, 0.3]])
BINARY = ("no", "yes")


def rules(*metrics: str, task: Task = "classification", **more: Any) -> Rules:
    declared = Metrics(primary=metrics[0], others=metrics[1:])
    return Rules(task=task, target="y", metrics=declared, **more)


def bias(y_true: Any, y_pred: Any) -> float:
    return -abs(float(np.mean(y_true) - np.mean(y_pred)))


def broken(y_true: Any, y_pred: Any) -> float:
    raise ZeroDivisionError(y_true, y_pred)


def undefined(y_true: Any, y_pred: Any) -> float:  # noqa: ARG001
    return math.nan


def test_scorers_of_scikit_learn_count_the_second_class_as_positive() -> None:
    given = rules("roc_auc", "f1", "average_precision", "neg_log_loss")
    positive = [value == "yes" for value in TRUTH]

    found = evaluate(given, BINARY, TRUTH, PREDICTED, P)

    assert found["roc_auc"] == pytest.approx(roc_auc_score(positive, P[:, 1]))
    assert found["f1"] == pytest.approx(f1_score(TRUTH, PREDICTED, pos_label="yes"))
    assert found["average_precision"] == pytest.approx(average_precision_score(positive, P[:, 1]))
    assert found["neg_log_loss"] == pytest.approx(-log_loss(positive, P[:, 1]))


def test_the_same_answers_have_the_same_metrics_whatever_the_classes_are_called() -> None:
    given = rules("accuracy", "f1", "roc_auc", "balanced_accuracy")
    names = {"no": False, "yes": True}

    by_name = evaluate(given, BINARY, TRUTH, PREDICTED, P)
    by_bool = evaluate(
        given, (False, True), [names[t] for t in TRUTH], [names[p] for p in PREDICTED], P
    )

    assert by_name == by_bool


def test_error_metrics_are_negative_so_that_greater_is_better() -> None:
    given = rules("neg_mean_absolute_error", "r2", task="regression")

    good = evaluate(given, None, [1.0, 2.0], [1.0, 2.5], None)
    bad = evaluate(given, None, [1.0, 2.0], [5.0, 9.0], None)

    assert good["neg_mean_absolute_error"] == -0.25
    assert all((good[name] or 0) > (bad[name] or 0) for name in good)


def test_the_primary_metric_is_the_first_of_all() -> None:
    given = rules("f1", "accuracy", "f1")

    assert list(evaluate(given, BINARY, TRUTH, PREDICTED, P)) == ["f1", "accuracy"]
    assert primary(given, BINARY, TRUTH, PREDICTED, P) == pytest.approx(2 / 3)


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision", "neg_log_loss"])
def test_a_metric_without_probabilities_is_missing(metric: str) -> None:
    assert primary(rules(metric), BINARY, TRUTH, PREDICTED, None) is None


def test_a_metric_that_one_class_leaves_undefined_is_missing() -> None:
    ones = ["yes"] * 6

    assert primary(rules("roc_auc"), BINARY, ones, PREDICTED, P) is None
    assert primary(rules("accuracy"), BINARY, ones, PREDICTED, P) == pytest.approx(0.5)


def test_a_class_the_version_does_not_know_is_wrong_and_leaves_probabilities_missing() -> None:
    strange = ["maybe", *TRUTH[1:]]

    found = evaluate(rules("accuracy", "neg_log_loss"), BINARY, strange, PREDICTED, P)

    assert found == {"accuracy": pytest.approx(0.5), "neg_log_loss": None}


def test_no_rows_have_no_metrics() -> None:
    assert primary(rules("accuracy"), BINARY, [], [], None) is None


def test_an_own_metric_is_called_by_its_dotted_path() -> None:
    given = rules(f"{__name__}.bias", task="regression")

    assert primary(given, None, [1.0, 3.0], [1.0, 2.0], None) == -0.5


def test_an_own_metric_that_is_nan_is_missing_and_one_that_fails_says_so() -> None:
    assert (
        primary(rules(f"{__name__}.undefined", task="regression"), None, [1.0], [1.0], None) is None
    )
    with pytest.raises(MetricError, match="ZeroDivisionError"):
        primary(rules(f"{__name__}.broken", task="regression"), None, [1.0], [1.0], None)


def test_an_unknown_metric_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="roc_auc"):
        primary(rules("roc_auk"), BINARY, TRUTH, PREDICTED, P)
    with pytest.raises(UsageError, match="cannot be imported"):
        primary(rules("no_such_module.metric"), BINARY, TRUTH, PREDICTED, P)


@pytest.mark.parametrize(
    ("metric", "task", "n_classes", "probabilities"),
    [
        ("f1", "classification", 3, True),
        ("roc_auc", "classification", 2, False),
        ("accuracy", "regression", 0, False),
        ("acuracy", "classification", 2, True),
        ("nowhere.metric", "classification", 2, True),
    ],
)
def test_a_metric_that_does_not_fit_is_refused_before_training(
    metric: str, task: Task, n_classes: int, probabilities: bool
) -> None:
    with pytest.raises(UsageError, match=metric):
        check_metrics(Metrics(primary=metric), task, n_classes, probabilities=probabilities)


@pytest.mark.parametrize(
    ("metric", "task", "n_classes"),
    [
        ("f1_macro", "classification", 3),
        ("roc_auc_ovr", "classification", 3),
        ("matthews_corrcoef", "classification", 2),
        ("neg_root_mean_squared_error", "regression", 0),
        (f"{__name__}.bias", "regression", 0),
    ],
)
def test_a_metric_that_fits_is_accepted(metric: str, task: Task, n_classes: int) -> None:
    check_metrics(Metrics(primary=metric), task, n_classes, probabilities=True)


def test_withheld_answers_are_judged_by_the_choice_behind_them_and_counted() -> None:
    scored = Scored(
        n_rows=4,
        accepted=[0, 1, 2, 3],
        errors={},
        flags={},
        predictions=["no", None, None, "yes"],
        classes=BINARY,
        class_index=np.array([0, 1, 1, 1]),
        probabilities=P[:4],
    )

    found = measure(rules("accuracy", abstain=True, confidence_threshold=0.75), TRUTH[:4], scored)

    assert found == {"accuracy": 0.75, "coverage": 0.5}


def test_losses_of_rows_are_what_the_metric_averages() -> None:
    accuracy = paired_losses("accuracy", TRUTH, PREDICTED)
    absolute = paired_losses("neg_mean_absolute_error", [1.0, 2.0], [3.0, 2.5])
    squared = paired_losses("neg_mean_squared_error", [1.0, 2.0], [3.0, 2.5])

    assert accuracy is not None
    assert 1 - accuracy.mean() == pytest.approx(4 / 6)
    assert absolute is not None
    assert absolute.tolist() == [2.0, 0.5]
    assert squared is not None
    assert squared.tolist() == [4.0, 0.25]
    assert paired_losses("roc_auc", TRUTH, PREDICTED) is None
