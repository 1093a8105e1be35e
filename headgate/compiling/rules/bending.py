"""Plans of transformers that bend, cut or multiply columns."""

from math import factorial
from typing import Any

import numpy as np
from sklearn import preprocessing

from headgate.compiled.steps import (
    Bins,
    Finite,
    Interpolate,
    Power,
    Products,
    Splines,
    ToNormal,
)
from headgate.compiling.builder import Builder, Transformer, Value, refuse


def _bins(build: Builder, model: Any, X: Value) -> Value:
    node = build.checked(model, X)
    edges = [own[1:-1] for own in model.bin_edges_]
    step = Bins(
        inputs=(node.step,),
        edges=build.store(np.concatenate(edges)),
        starts=build.store(starts_of(edges), np.int64),
    )
    binned = build.add(step, node.width)
    return binned if model.encode == "ordinal" else build.transform(model._encoder, binned)


def starts_of(parts: Any) -> Any:
    """Return where each part begins when they are laid end to end, and where the last ends."""
    return np.cumsum([0, *map(len, parts)])


def _products(build: Builder, model: Any, X: Value) -> Value:
    node = build.checked(model, X)
    combinations = list(
        model._combinations(
            model.n_features_in_,
            model._min_degree,
            model._max_degree,
            model.interaction_only,
            model.include_bias,
        )
    )
    longest = max(map(len, combinations), default=1)
    factors = np.full((len(combinations), max(longest, 1)), -1)
    for row, columns in zip(factors, combinations, strict=True):
        row[: len(columns)] = columns
    step = Products(inputs=(node.step,), factors=build.store(factors, np.int64))
    return build.add(step, len(factors))


def _power(build: Builder, model: Any, X: Value) -> Value:
    node = build.dense(X)
    step = Power(inputs=(node.step,), lambdas=build.store(model.lambdas_), method=model.method)
    bent = build.add(step, node.width)
    return build.transform(model._scaler, bent) if model.standardize else bent


def _quantiles(build: Builder, model: Any, X: Value) -> Value:
    node = build.dense(X)
    node = build.add(Finite(inputs=(node.step,), nan=True), node.width)
    columns = list(model.quantiles_.T)
    step = Interpolate(
        inputs=(node.step,),
        x=build.store(np.concatenate(columns)),
        y=build.store(np.tile(model.references_, len(columns))),
        starts=build.store(starts_of(columns), np.int64),
        ends=0.0 if model.output_distribution == "uniform" else 1e-7,
    )
    bent = build.add(step, node.width)
    if model.output_distribution == "uniform":
        return bent
    return build.add(ToNormal(inputs=(bent.step,)), node.width)


def _splines(build: Builder, model: Any, X: Value) -> Value:
    if model.extrapolation not in ("constant", "continue"):
        raise refuse(model, f"extrapolation {model.extrapolation!r}")
    node = build.checked(model, X)
    degree = model.degree
    breaks = [own.t[degree : len(own.t) - degree] for own in model.bsplines_]
    # The polynomial of a piece by its derivatives at the left end: (piece, power, spline).
    pieces = [
        np.stack([own(ends[:-1], nu=p) / factorial(p) for p in range(degree + 1)], axis=1)
        for own, ends in zip(model.bsplines_, breaks, strict=True)
    ]
    kept = slice(None) if model.include_bias else slice(0, -1)
    coefficients = np.array(pieces)[..., kept]
    step = Splines(
        inputs=(node.step,),
        breaks=build.store(breaks),
        coefficients=build.store(coefficients),
        hold=model.extrapolation == "constant",
    )
    return build.add(step, coefficients.shape[0] * coefficients.shape[3])


TRANSFORMERS: dict[type, Transformer] = {
    preprocessing.KBinsDiscretizer: _bins,
    preprocessing.PolynomialFeatures: _products,
    preprocessing.PowerTransformer: _power,
    preprocessing.QuantileTransformer: _quantiles,
    preprocessing.SplineTransformer: _splines,
}
