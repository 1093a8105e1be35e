"""Plans of what chooses, joins and passes on columns."""

from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer

from headgate.compiled.steps import Elementwise, Rescale
from headgate.compiled.steps.scaling import Ufunc
from headgate.compiling.builder import (
    Builder,
    Classified,
    Classifier,
    Node,
    Regressor,
    Transformer,
    Value,
    refuse,
)

UFUNCS = frozenset(Ufunc.__args__)  # type: ignore[attr-defined]  # what a Literal lists


def _columns(build: Builder, model: ColumnTransformer, X: Value) -> Value:
    parts = []
    for name, transformer, _ in model.transformers_:
        places = model._transformer_to_input_indices[name]
        own = build.select(X, list(places))
        if (isinstance(transformer, str) and transformer == "drop") or own.width == 0:
            continue
        passed = isinstance(transformer, str)
        parts.append(own if passed else build.transform(transformer, own))
    if not parts:
        raise refuse(model, "no column left")
    return _weighted(build, model, parts)


def _union(build: Builder, model: FeatureUnion, X: Value) -> Value:
    parts = []
    for name, transformer in model.transformer_list:
        if isinstance(transformer, str) and transformer == "drop":
            continue
        own = X if isinstance(transformer, str) else build.transform(transformer, X)
        parts.append(_times(build, own, (model.transformer_weights or {}).get(name)))
    return build.beside(parts)


def _weighted(build: Builder, model: ColumnTransformer, parts: list[Value]) -> Value:
    if model.transformer_weights:
        raise refuse(model, "transformer_weights")
    return build.beside(parts)


def _times(build: Builder, X: Value, weight: float | None) -> Value:
    if weight is None:
        return X
    node = build.numbers(X)
    # Only a division is known for sparse values.
    field = {"divide": build.store(np.full(node.width, 1 / weight))}
    return build.add(Rescale(inputs=(node.step,), **field), node.width, sparse=node.sparse)


def _steps(build: Builder, model: Pipeline, X: Value) -> Value:
    for _, step in model.steps[:-1]:
        X = _through(build, step, X)
    return X


def _through(build: Builder, step: Any, X: Value) -> Value:
    passed = step is None or (isinstance(step, str) and step == "passthrough")
    return X if passed else build.transform(step, X)


def _pipeline(build: Builder, model: Pipeline, X: Value) -> Value:
    return _through(build, model.steps[-1][1], _steps(build, model, X))


def _pipeline_classes(build: Builder, model: Pipeline, X: Value) -> Classified:
    return build.classify(model.steps[-1][1], _steps(build, model, X))


def _pipeline_numbers(build: Builder, model: Pipeline, X: Value) -> Node:
    return build.regress(model.steps[-1][1], _steps(build, model, X))


def _function(build: Builder, model: FunctionTransformer, X: Value) -> Value:
    if model.func is None:
        return X
    if getattr(getattr(model.func, "func", None), "__name__", "") == "check_array":
        # What histogram-based boosting passes its numbers through.
        return X
    name = getattr(model.func, "__name__", "")
    known = isinstance(model.func, np.ufunc) and name in UFUNCS and getattr(np, name) is model.func
    if not known or model.kw_args:
        raise refuse(model, "a function of one's own")
    node = build.dense(X)
    return build.add(Elementwise(inputs=(node.step,), function=name), node.width)


TRANSFORMERS: dict[type, Transformer] = {
    ColumnTransformer: _columns,
    FeatureUnion: _union,
    Pipeline: _pipeline,
    FunctionTransformer: _function,
}
CLASSIFIERS: dict[type, Classifier] = {Pipeline: _pipeline_classes}
REGRESSORS: dict[type, Regressor] = {Pipeline: _pipeline_numbers}
