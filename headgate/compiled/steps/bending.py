"""Steps that bend the scale of each column."""

from itertools import pairwise
from statistics import NormalDist
from typing import Literal

import numpy as np

from headgate.compiled.archive import Arrays
from headgate.compiled.step import Map, MapStep
from headgate.compiled.values import Matrix

# How near to 0 and 1 scikit-learn's quantile transformer lets a share come.
NEAR_END = 1e-7 - float(np.spacing(1.0))
TINY = float(np.spacing(1.0))


class Interpolate(MapStep):
    """Each column by straight lines between points; beyond the ends the end's value.

    The points of column ``j`` are ``starts[j]`` to ``starts[j + 1]`` of the arrays ``x`` and
    ``y``. NaN stays NaN. With ``ends`` it is the mean of going up and going down, which differs
    where points share an x, and what is as near as that to an end gets the end's value.
    """

    kind: Literal["interpolate"] = "interpolate"
    x: str
    y: str
    starts: str
    ends: float | None = None

    def map(self, arrays: Arrays) -> Map:
        starts = arrays[self.starts].tolist()
        pieces = [slice(*ends) for ends in pairwise(starts)]
        points = [(arrays[self.x][piece], arrays[self.y][piece]) for piece in pieces]

        def interpolate(X: Matrix) -> Matrix:
            bent = np.empty((len(X), len(points)))
            for j, (x, y) in enumerate(points):
                own = np.ascontiguousarray(X[:, j])
                up = np.interp(own, x, y)
                bent[:, j] = up if self.ends is None else _both_ways(own, x, y, up, self.ends)
            return np.where(np.isnan(X), np.nan, bent)

        return interpolate


def _both_ways(own: Matrix, x: Matrix, y: Matrix, up: Matrix, ends: float) -> Matrix:
    mean = 0.5 * (up - np.interp(-own, -x[::-1], -y[::-1]))
    mean = np.where(own + ends >= x[-1], y[-1], mean)
    return np.where(own - ends <= x[0], y[0], mean)


class ToNormal(MapStep):
    """Shares from 0 to 1 to quantiles of the normal distribution, cut off at the two ends."""

    kind: Literal["to_normal"] = "to_normal"

    def map(self, arrays: Arrays) -> Map:  # noqa: ARG002
        quantile = NormalDist().inv_cdf
        low, high = quantile(NEAR_END), quantile(1 - NEAR_END)

        def one(share: float) -> float:
            if not 0.0 < share < 1.0:
                return share if share != share else (-np.inf if share <= 0.0 else np.inf)
            return quantile(share)

        every = np.frompyfunc(one, 1, 1)
        return lambda X: np.clip(np.asarray(every(X), dtype=np.float64), low, high)


class Power(MapStep):
    """The transform of Yeo and Johnson, or of Box and Cox, by the array ``lambdas``."""

    kind: Literal["power"] = "power"
    lambdas: str
    method: Literal["yeo-johnson", "box-cox"]

    def map(self, arrays: Arrays) -> Map:
        lambdas = arrays[self.lambdas]
        one = _box_cox if self.method == "box-cox" else _yeo_johnson

        def power(X: Matrix) -> Matrix:
            bent = np.empty_like(X)
            for j, exponent in enumerate(lambdas.tolist()):
                bent[:, j] = one(np.ascontiguousarray(X[:, j]), exponent)
            return bent

        return power


def _box_cox(x: Matrix, exponent: float) -> Matrix:
    return np.log(x) if exponent == 0 else np.expm1(exponent * np.log(x)) / exponent


def _yeo_johnson(x: Matrix, exponent: float) -> Matrix:
    up, down = np.log1p(np.maximum(x, 0)), np.log1p(-np.minimum(x, 0))
    risen = up if abs(exponent) < TINY else np.expm1(up * exponent) / exponent
    rest = 2 - exponent
    fallen = -down if abs(rest) <= TINY else -np.expm1(down * rest) / rest
    bent = np.where(x >= 0, risen, fallen)
    return np.where(np.isnan(x), np.nan, bent)


class Splines(MapStep):
    """Piecewise polynomials of each column, several a column, side by side.

    ``breaks`` is (columns, pieces + 1) and ``coefficients`` (columns, pieces, degree + 1, made):
    ``c[0] + c[1] * (x - left end of the piece) + ...``. Beyond the ends the outer pieces go on,
    or with ``hold`` the end's value.
    """

    kind: Literal["splines"] = "splines"
    breaks: str
    coefficients: str
    hold: bool = False

    def map(self, arrays: Arrays) -> Map:
        breaks, coefficients = arrays[self.breaks], arrays[self.coefficients]

        def splines(X: Matrix) -> Matrix:
            parts = []
            for j, (edges, by_piece) in enumerate(zip(breaks, coefficients, strict=True)):
                x = np.clip(X[:, j], edges[0], edges[-1]) if self.hold else X[:, j]
                piece = np.searchsorted(edges[1:-1], x, side="right")
                own, beyond = by_piece[piece], (x - edges[piece])[:, None]
                made = own[:, -1]
                for power in range(own.shape[1] - 2, -1, -1):
                    made = made * beyond + own[:, power]
                parts.append(made)
            return np.concatenate(parts, axis=1)

        return splines
