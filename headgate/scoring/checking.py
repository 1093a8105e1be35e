"""What a model's outputs must be like to count as answers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.scoring.answers import Outputs

SUM_TOLERANCE = 1e-3

Numbers = NDArray[np.float64]


def problems_of(outputs: Outputs, n_rows: int, n_classes: int) -> list[str]:
    """Say what is wrong with outputs for rows: shapes, what is not finite, what is no probability.

    >>> problems_of(Outputs(probabilities=np.array([[0.5, 0.25]])), 1, 2)
    ['probability does not sum to one for 1 of 1 rows']
    """
    problems = [
        *_problems("prediction", outputs.values, (n_rows,)),
        *_problems("class", outputs.class_index, (n_rows,)),
    ]
    found = outputs.probabilities
    if found is None or (found.shape == (n_rows, n_classes) and _are_distributions(found)):
        return problems
    problems += _problems("probability", found, (n_rows, n_classes))
    return problems or _distribution_problems(found)


def _problems(what: str, found: NDArray[Any] | None, shape: tuple[int, ...]) -> list[str]:
    if found is None:
        return []
    if found.shape != shape:
        return [f"{what} has shape {found.shape} instead of {shape}"]
    if found.dtype.kind == "i":
        return []
    n_wrong = int(np.count_nonzero(~np.isfinite(found.astype(np.float64))))
    return [f"{what} is not finite for {n_wrong} of {shape[0]} rows"] if n_wrong else []


def _are_distributions(found: Numbers) -> bool:
    """Say at once that all is well, as it nearly always is; NaN fails every comparison."""
    least, most = np.minimum.reduce(found, axis=None), np.maximum.reduce(found, axis=None)
    if not (least >= 0 and most <= 1):
        return False
    off = np.add.reduce(found, axis=1) - 1
    return bool(off.dot(off) <= SUM_TOLERANCE**2)


def _distribution_problems(found: Numbers) -> list[str]:
    wrong = (found < -SUM_TOLERANCE) | (found > 1 + SUM_TOLERANCE)
    off = np.abs(found.sum(axis=1) - 1) > SUM_TOLERANCE
    n_wrong = int(np.count_nonzero(wrong.any(axis=1) | off))
    return (
        [f"probability does not sum to one for {n_wrong} of {len(found)} rows"] if n_wrong else []
    )
