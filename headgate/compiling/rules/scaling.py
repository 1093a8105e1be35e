"""Plans of scalers, imputers and other transformers of single numbers."""

from typing import Any

import numpy as np
from sklearn import impute, preprocessing

from headgate.compiled.steps import Binarize, Fill, Finite, Missing, Normalize, Rescale
from headgate.compiling.builder import (
    Builder,
    Node,
    Raw,
    RawColumn,
    Transformer,
    Value,
    is_nan,
    refuse,
)


def rescaled(
    build: Builder, X: Value, *, clip: tuple[float, float] | None = None, **arrays: Any
) -> Node:
    """Add a `Rescale` with the arrays that are not None."""
    only_divides = clip is None and [k for k, a in arrays.items() if a is not None] == ["divide"]
    node = build.numbers(X) if only_divides else build.dense(X)
    names = {k: build.store(a) for k, a in arrays.items() if a is not None}
    step = Rescale(inputs=(node.step,), clip=clip, **names)
    return build.add(step, node.width, sparse=node.sparse)


def _standard(build: Builder, model: Any, X: Value) -> Value:
    mean = model.mean_ if model.with_mean else None
    return rescaled(build, X, subtract=mean, divide=model.scale_)


def _min_max(build: Builder, model: Any, X: Value) -> Value:
    low, high = model.feature_range
    clip = (float(low), float(high)) if model.clip else None
    return rescaled(build, X, multiply=model.scale_, add=model.min_, clip=clip)


def _max_abs(build: Builder, model: Any, X: Value) -> Value:
    clip = (-1.0, 1.0) if getattr(model, "clip", False) else None
    return rescaled(build, X, divide=model.scale_, clip=clip)


def _robust(build: Builder, model: Any, X: Value) -> Value:
    center = model.center_ if model.with_centering else None
    return rescaled(build, X, subtract=center, divide=model.scale_ if model.with_scaling else None)


def _normalizer(build: Builder, model: Any, X: Value) -> Value:
    node = build.numbers(X)
    step = Normalize(inputs=(node.step,), norm=model.norm)
    return build.add(step, node.width, sparse=node.sparse)


def _binarizer(build: Builder, model: Any, X: Value) -> Value:
    node = _refusing_nan(build, X)
    return build.add(Binarize(inputs=(node.step,), threshold=float(model.threshold)), node.width)


def _refusing_nan(build: Builder, X: Value) -> Node:
    node = build.dense(X)
    return build.add(Finite(inputs=(node.step,)), node.width)


def _imputer(build: Builder, model: Any, X: Value) -> Value:
    if isinstance(X, Raw) and not X.all_numbers:
        return _filled_words(model, X)
    marker = _marker(model)
    node = build.dense(X) if marker is None else _refusing_nan(build, X)
    statistics = np.asarray(model.statistics_, dtype=np.float64)
    kept = np.arange(node.width) if model.keep_empty_features else ~np.isnan(statistics)
    places = np.arange(node.width)[kept]
    chosen = build.numbers(build.select(node, places.tolist()))
    fill = Fill(inputs=(chosen.step,), values=build.store(statistics[kept]), marker=marker)
    filled = build.add(fill, chosen.width)
    if not model.add_indicator:
        return filled
    return build.beside([filled, _indicator(build, model.indicator_, node)])


def _marker(model: Any) -> float | None:
    missing = model.missing_values
    if missing is None or is_nan(missing):
        return None
    if isinstance(missing, int | float):
        return float(missing)
    raise refuse(model, f"missing_values={missing!r}")


def _filled_words(model: Any, X: Raw) -> Raw:
    if model.add_indicator or _marker(model) is not None:
        raise refuse(model, "an indicator or a marker for text")
    if any(is_nan(fill) or fill is None for fill in model.statistics_):
        raise refuse(model, "a column without any value")
    filled = zip(X.columns, model.statistics_, strict=True)
    # A value that was filled before is never missing again.
    columns = tuple(
        column if column.fill is not None else RawColumn(column.column, fill)
        for column, fill in filled
    )
    return Raw(columns, framed=False)


def _indicator(build: Builder, model: Any, X: Value) -> Node:
    marker = _marker(model)
    node = build.dense(X) if marker is None else _refusing_nan(build, X)
    if model.features == "missing-only" and model.error_on_new and marker is None:
        # Nobody reads what this makes: it refuses what is missing where nothing ever was.
        others = np.setdiff1d(np.arange(node.width), model.features_)
        _refusing_nan(build, build.select(node, others.tolist()))
    chosen = build.numbers(build.select(node, model.features_.tolist()))
    return build.add(Missing(inputs=(chosen.step,), marker=marker), chosen.width)


TRANSFORMERS: dict[type, Transformer] = {
    preprocessing.StandardScaler: _standard,
    preprocessing.MinMaxScaler: _min_max,
    preprocessing.MaxAbsScaler: _max_abs,
    preprocessing.RobustScaler: _robust,
    preprocessing.Normalizer: _normalizer,
    preprocessing.Binarizer: _binarizer,
    impute.SimpleImputer: _imputer,
    impute.MissingIndicator: _indicator,
}
