"""Metrics, by scikit-learn's scorer name or a dotted path; greater is always better.

A metric without a value on some rows is None: it is missing, which is never a pass.
"""

import difflib
import importlib
import logging
import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.utils.metaestimators import available_if

from headgate.documents.rules import Metrics, Rules, Task
from headgate.errors import HeadgateError, UsageError
from headgate.scoring.answers import Scored
from headgate.scoring.estimators import ClassValue

logger = logging.getLogger(__name__)

COVERAGE = "coverage"
Targets = Sequence[ClassValue]


class MetricError(HeadgateError):
    """The code of a metric failed, or it did not return a number."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Targets, and what a version said about the same rows."""

    targets: Targets
    predictions: Targets
    probabilities: NDArray[np.float64] | None = None
    classes: tuple[ClassValue, ...] | None = None

    @property
    def is_classification(self) -> bool:
        return self.classes is not None


def measure(rules: Rules, targets: Targets, scored: Scored) -> dict[str, float | None]:
    """Return every declared metric of a batch; ``targets`` are those of its accepted rows.

    A withheld answer counts by the choice behind it; ``coverage`` is then the share of answers
    given, and may have a floor of its own.
    """
    found = evaluate(rules, scored.classes, targets, scored.chosen, scored.probabilities)
    if rules.abstain and scored.predictions:
        given = sum(prediction is not None for prediction in scored.predictions)
        found[COVERAGE] = given / len(scored.predictions)
    return found


def evaluate(
    rules: Rules,
    classes: tuple[ClassValue, ...] | None,
    y_true: Targets,
    predictions: Targets,
    probabilities: NDArray[np.float64] | None,
) -> dict[str, float | None]:
    """Return every declared metric, the primary one first; None where it has no value."""
    truth = Truth(y_true, predictions, probabilities, classes)
    return {name: value_of(name, truth) for name in metric_names(rules.metrics)}


def primary(
    rules: Rules,
    classes: tuple[ClassValue, ...] | None,
    y_true: Targets,
    predictions: Targets,
    probabilities: NDArray[np.float64] | None,
) -> float | None:
    """Return the primary metric, or None where it has no value."""
    return value_of(rules.metrics.primary, Truth(y_true, predictions, probabilities, classes))


def metric_names(metrics: Metrics) -> tuple[str, ...]:
    """Return the declared metrics, the primary one first, each once."""
    return tuple(dict.fromkeys((metrics.primary, *metrics.others)))


def value_of(metric: str, truth: Truth) -> float | None:
    """Return one metric, or None where these rows give it no finite value.

    Raises:
        UsageError: if there is no such metric.
        MetricError: if a metric of the team's own fails.
    """
    if not truth.targets:
        return None
    function = _own_function(metric) if "." in metric else None
    value = (
        _scorer_value(metric, truth) if function is None else _own_value(function, metric, truth)
    )
    return value if value is not None and math.isfinite(value) else None


def check_metrics(metrics: Metrics, task: Task, n_classes: int, *, probabilities: bool) -> None:
    """Check that each metric exists and fits the task, by a tiny perfect answer.

    Raises:
        UsageError: naming every metric that does not.
    """
    truth = _perfect(task, n_classes, probabilities=probabilities)
    problems = []
    for name in metric_names(metrics):
        try:
            if "." not in name:
                _call_scorer(name, truth)
            else:
                _own_function(name)
        except UsageError as err:
            problems.append(str(err))
        # A scorer that does not fit the task fails in as many ways as there are scorers.
        except Exception as err:  # noqa: BLE001
            problems.append(f"Metric {name!r} does not fit: {str(err).splitlines()[0][:200]}")
    if problems:
        kind = f"{task} of {n_classes} classes" if task == "classification" else task
        without = "" if probabilities else " by an estimator without probabilities"
        raise UsageError(
            f"The metrics cannot be used for a {kind}{without}. {' '.join(problems)} "
            "Choose another in the spec's metrics."
        )


def paired_losses(metric: str, y_true: Targets, predictions: Targets) -> NDArray[np.float64] | None:
    """Return the loss of each row where the metric is minus or one minus their mean, else None.

    >>> paired_losses("accuracy", ["a", "b"], ["a", "a"]).tolist()
    [0.0, 1.0]
    """
    if metric == "accuracy":
        pairs = zip(y_true, predictions, strict=True)
        return np.array([float(truth != found) for truth, found in pairs])
    if metric not in {"neg_mean_absolute_error", "neg_mean_squared_error"}:
        return None
    errors = np.asarray(y_true, dtype=np.float64) - np.asarray(predictions, dtype=np.float64)
    return np.abs(errors) if metric == "neg_mean_absolute_error" else errors**2


def _scorer_value(metric: str, truth: Truth) -> float | None:
    try:
        return _call_scorer(metric, truth)
    except UsageError:
        raise
    # Rows can make any scorer impossible, such as a class the version does not know.
    except Exception as err:  # noqa: BLE001
        logger.warning("Metric %s has no value on these rows: %s", metric, str(err)[:200])
        return None


def _call_scorer(metric: str, truth: Truth) -> float:
    try:
        scorer = get_scorer(metric)
    except (ValueError, KeyError, TypeError):
        raise UsageError(_unknown(metric)) from None
    estimator = _Classifies(truth) if truth.is_classification else _Regresses(truth)
    with warnings.catch_warnings():
        # "Undefined, set to 0" is a value of its own here; a missing one comes back as NaN.
        warnings.simplefilter("ignore", UndefinedMetricWarning)
        warnings.simplefilter("ignore", UserWarning)
        return float(scorer(estimator, np.zeros((len(truth.targets), 1)), estimator.targets()))


def _own_function(metric: str) -> Callable[[Any, Any], Any]:
    module_name, _, attribute = metric.rpartition(".")
    try:
        function = getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as err:
        raise UsageError(
            f"Metric {metric!r} cannot be imported ({err}). Give the dotted path of a function "
            "metric(y_true, y_pred) -> float, greater is better."
        ) from err
    if not callable(function):
        raise UsageError(f"Metric {metric!r} is no function metric(y_true, y_pred) -> float.")
    return function  # type: ignore[no-any-return]


def _own_value(function: Callable[[Any, Any], Any], metric: str, truth: Truth) -> float:
    try:
        return float(function(np.array(truth.targets), np.array(truth.predictions)))
    except Exception as err:
        raise MetricError(
            f"Metric {metric!r} failed on {len(truth.targets)} rows with {type(err).__name__}. "
            "Correct its function."
        ) from err


def _unknown(metric: str) -> str:
    near = difflib.get_close_matches(metric, get_scorer_names(), n=3, cutoff=0.4)
    hint = f" Near it are: {', '.join(near)}." if near else ""
    return (
        f"There is no metric {metric!r}.{hint} Use a scikit-learn scorer's name "
        "(sklearn.metrics.get_scorer_names()) or the dotted path of a function."
    )


def _perfect(task: Task, n_classes: int, *, probabilities: bool) -> Truth:
    if task == "regression":
        numbers = (0.5, 1.25, 3.0, 4.5)
        return Truth(numbers, numbers)
    targets = tuple(range(n_classes)) * 2
    known = np.eye(n_classes)[list(targets)] if probabilities else None
    return Truth(targets, targets, known, tuple(range(n_classes)))


class _Classifies(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Answers already given, as an estimator a scorer can ask; classes are their indices.

    As indices the second of two classes is always the positive one, whatever their type.
    """

    def __init__(self, truth: Truth) -> None:
        self.truth = truth
        classes = truth.classes or ()
        self.index = {value: i for i, value in enumerate(classes)}
        self.classes_ = np.arange(len(classes))

    def targets(self) -> NDArray[np.intp]:
        return self._indices(self.truth.targets)

    def predict(self, X: Any) -> NDArray[np.intp]:  # noqa: ARG002
        return self._indices(self.truth.predictions)

    @available_if(lambda self: self.truth.probabilities is not None)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> NDArray[np.float64] | None:  # noqa: ARG002
        return self.truth.probabilities

    def _indices(self, values: Targets) -> NDArray[np.intp]:
        return np.array([self.index.get(value, -1) for value in values], dtype=np.intp)


class _Regresses(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Numbers already given, as an estimator a scorer can ask."""

    def __init__(self, truth: Truth) -> None:
        self.truth = truth

    def targets(self) -> NDArray[np.float64]:
        return np.asarray(self.truth.targets, dtype=np.float64)

    def predict(self, X: Any) -> NDArray[np.float64]:  # noqa: ARG002
        return np.asarray(self.truth.predictions, dtype=np.float64)
