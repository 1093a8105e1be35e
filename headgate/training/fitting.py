"""Fitting an estimator, and what is worth telling about it."""

import logging
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import JsonValue
from sklearn.utils import get_tags

from headgate.contract import Contract, TextColumn
from headgate.documents.base import Frozen
from headgate.documents.version import InputForm
from headgate.errors import HeadgateError, UsageError
from headgate.scoring.estimators import ClassValue, Estimator, kept_part, type_name
from headgate.scoring.scorer import build_input

logger = logging.getLogger(__name__)

MAX_TRIALS = 50
MAX_WARNINGS = 10


class FitError(HeadgateError):
    """The estimator could not be made or fitted."""


class Trial(Frozen):
    """One parameter setting a search tried, with its mean score and the spread over folds."""

    parameters: dict[str, str]
    mean: float | None
    std: float | None
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """The estimator to keep, and how it came about."""

    estimator: Estimator
    seconds: float
    trials: tuple[Trial, ...]
    warnings: tuple[str, ...]


def make_estimator(
    factory: Callable[..., Estimator], seed: int, params: Mapping[str, JsonValue]
) -> Estimator:
    """Call the spec's estimator function.

    Raises:
        UsageError: if it does not take the parameters, or does not return an estimator.
    """
    try:
        estimator = factory(seed, **params)
    except TypeError as err:
        raise UsageError(
            f"estimator(seed, {', '.join(params) or 'no parameters'}) cannot be called: {err}. "
            "Give parameters its signature has."
        ) from err
    missing = [name for name in ("fit", "predict") if not hasattr(estimator, name)]
    if missing:
        raise UsageError(
            f"estimator() returned a {type_name(estimator)} without {' and '.join(missing)}. "
            "Return an estimator with scikit-learn's fit and predict."
        )
    return estimator


def input_form_of(estimator: object, contract: Contract) -> InputForm:
    """Return how an estimator wants rows: plain text for a text vectoriser, else a frame."""
    only_text = len(contract.columns) == 1 and isinstance(contract.columns[0], TextColumn)
    return "text" if only_text and takes_text(estimator) else "frame"


def fit(
    estimator: Estimator,
    form: InputForm,
    contract: Contract,
    values: Mapping[str, Sequence[object]],
    targets: Sequence[ClassValue],
) -> Fitted:
    """Fit an estimator on clean rows; of a search the best estimator is kept.

    Warnings of the fit are returned, not printed.

    Raises:
        FitError: if it fails.
    """
    X, y = build_input(form, contract, values, len(targets)), np.array(targets)
    started = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            estimator.fit(X, y)
        # The estimator may be anyone's code and raise anything.
        except Exception as err:
            raise FitError(
                f"{type_name(estimator)} could not be fitted on {len(targets)} rows: "
                f"{type(err).__name__}: {str(err)[:300]}"
            ) from err
    seconds = time.perf_counter() - started
    # A forgotten socket or file is of whatever else the process does, not of the fit.
    own = [w for w in caught if not issubclass(w.category, ResourceWarning)]
    said = tuple(dict.fromkeys(f"{w.category.__name__}: {w.message}"[:300] for w in own))
    for text in said[:MAX_WARNINGS]:
        logger.warning("While fitting: %s", text)
    return Fitted(kept_part(estimator), seconds, trials_of(estimator), said[:MAX_WARNINGS])


def trials_of(estimator: Any) -> tuple[Trial, ...]:
    """Return what a search tried, the best first; nothing for any other estimator."""
    results = getattr(estimator, "cv_results_", None)
    if not isinstance(results, Mapping) or "params" not in results:
        return ()
    # With several metrics a search names them; refit says which one chose.
    chosen = estimator.refit if isinstance(getattr(estimator, "refit", None), str) else "score"
    trials = [_trial(results, i, chosen) for i in range(len(results["params"]))]
    return tuple(sorted(trials, key=lambda t: (t.rank is None, t.rank or 0))[:MAX_TRIALS])


def _trial(results: Mapping[str, Any], i: int, metric: str) -> Trial:
    rank = results.get(f"rank_test_{metric}")
    return Trial(
        parameters={name: str(value)[:100] for name, value in results["params"][i].items()},
        mean=_finite(results.get(f"mean_test_{metric}"), i),
        std=_finite(results.get(f"std_test_{metric}"), i),
        rank=None if rank is None else int(rank[i]),
    )


def _finite(column: Any, i: int) -> float | None:
    return float(column[i]) if column is not None and np.isfinite(column[i]) else None


def takes_text(estimator: Any) -> bool:
    """Tell whether what sees the rows first is a text vectoriser."""
    estimator = kept_part(estimator)
    for attribute in ("steps", "transformer_list"):
        if parts := getattr(estimator, attribute, None):
            return takes_text(parts[0][1])
    try:
        tags = get_tags(estimator).input_tags
    # An estimator that is not scikit-learn's has no tags to ask.
    except AttributeError:
        return False
    return bool(tags.string and not tags.two_d_array)
