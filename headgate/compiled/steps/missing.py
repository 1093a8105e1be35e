"""Steps about missing numbers: fill them, mark them, refuse them."""

import math
from typing import Literal

import numpy as np

from headgate.compiled.archive import Arrays
from headgate.compiled.step import Map, MapStep
from headgate.compiled.values import Matrix, PlanError


class Fill(MapStep):
    """Put ``values`` in place of missing numbers: NaN, or ``marker`` where it is given."""

    kind: Literal["fill"] = "fill"
    values: str
    marker: float | None = None

    def map(self, arrays: Arrays) -> Map:
        values, marker = arrays[self.values], self.marker
        if marker is None:
            return lambda X: np.where(np.isnan(X), values, X)
        return lambda X: np.where(marker == X, values, X)


class Missing(MapStep):
    """1.0 where a number is missing, else 0.0."""

    kind: Literal["missing"] = "missing"
    marker: float | None = None

    def map(self, arrays: Arrays) -> Map:  # noqa: ARG002
        marker = self.marker
        if marker is None:
            return lambda X: np.isnan(X).astype(np.float64)
        return lambda X: np.equal(X, marker).astype(np.float64)


class Finite(MapStep):
    """Refuse what scikit-learn would refuse here: infinity, and NaN unless ``nan`` allows it.

    With ``single`` the numbers are rounded to single precision first, as its trees do.
    """

    kind: Literal["finite"] = "finite"
    nan: bool = False
    single: bool = False

    def map(self, arrays: Arrays) -> Map:  # noqa: ARG002
        nan, single = self.nan, self.single

        def finite(X: Matrix) -> Matrix:
            if single:
                with np.errstate(over="ignore"):
                    X = np.asarray(X.astype(np.float32), dtype=np.float64)
            # The sum is quicker to look at; it may overflow where no number does.
            if not math.isfinite(np.add.reduce(X, axis=None)):
                _refuse(X, nan)
            return X

        return finite


def _refuse(X: Matrix, nan: bool) -> None:
    if np.isinf(X).any() or (not nan and np.isnan(X).any()):
        what = "an infinite number" if nan else "a missing or infinite number"
        raise PlanError(f"The estimator takes no such row: it holds {what}.")
