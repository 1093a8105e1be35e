"""Plans of transformers that choose columns or mix them into fewer."""

from typing import Any

import numpy as np
from sklearn import decomposition, feature_selection, random_projection
from sklearn.cross_decomposition import PLSRegression
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from headgate.compiled.steps import Rescale
from headgate.compiling.builder import Builder, Node, Regressor, Transformer, Value, refuse
from headgate.compiling.rules.linear import weighted


def _kept(build: Builder, model: Any, X: Value) -> Value:
    node = build.numbers(X)
    node = node if node.sparse else build.checked(model, node)
    return build.select(node, np.flatnonzero(model.get_support()).tolist())


def _components(build: Builder, model: Any, X: Value) -> Value:
    node = build.numbers(X)
    node = node if node.sparse else build.checked(model, node)
    weights = model.components_
    mean = getattr(model, "mean_", None)
    offset = np.zeros(len(weights)) if mean is None else -(mean @ weights.T)
    mixed = weighted(build, node, weights, offset)
    if not getattr(model, "whiten", False):
        return mixed
    smallest = np.finfo(np.float64).eps
    scale = np.maximum(np.sqrt(model.explained_variance_), smallest)
    step = Rescale(inputs=(mixed.step,), divide=build.store(scale))
    return build.add(step, mixed.width)


def _independent(build: Builder, model: Any, X: Value) -> Value:
    node = build.checked(model, X)
    if not model.whiten:
        raise refuse(model, "whiten=False")
    centred = Rescale(inputs=(node.step,), subtract=build.store(model.mean_))
    nothing = np.zeros(len(model.components_))
    return weighted(build, build.add(centred, node.width), model.components_, nothing)


def _projected(build: Builder, model: Any, X: Value) -> Value:
    weights = model.components_
    full = weights.toarray() if hasattr(weights, "toarray") else weights
    return weighted(build, build.numbers(X), full, np.zeros(len(full)))


def _between_classes(build: Builder, model: Any, X: Value) -> Value:
    if model.solver == "lsqr":
        raise refuse(model, "solver 'lsqr'")
    node = build.checked(model, X)
    weights = model.scalings_[:, : model._max_components].T
    if model.solver == "svd":
        centred = Rescale(inputs=(node.step,), subtract=build.store(model.xbar_))
        node = build.add(centred, node.width)
    return weighted(build, node, weights, np.zeros(len(weights)))


def _least_squares(build: Builder, model: Any, X: Value) -> Node:
    if len(model.coef_) != 1:
        raise refuse(model, "more than one target")
    node = build.checked(model, X)
    centred = Rescale(inputs=(node.step,), subtract=build.store(model._x_mean))
    return weighted(build, build.add(centred, node.width), model.coef_, model.intercept_)


TRANSFORMERS: dict[type, Transformer] = {
    decomposition.PCA: _components,
    decomposition.IncrementalPCA: _components,
    decomposition.TruncatedSVD: _components,
    decomposition.FastICA: _independent,
    random_projection.GaussianRandomProjection: _projected,
    random_projection.SparseRandomProjection: _projected,
    LinearDiscriminantAnalysis: _between_classes,
} | dict.fromkeys(
    (
        feature_selection.VarianceThreshold,
        feature_selection.SelectKBest,
        feature_selection.SelectPercentile,
        feature_selection.SelectFpr,
        feature_selection.SelectFdr,
        feature_selection.SelectFwe,
        feature_selection.GenericUnivariateSelect,
        feature_selection.SelectFromModel,
        feature_selection.RFE,
        feature_selection.RFECV,
        feature_selection.SequentialFeatureSelector,
    ),
    _kept,
)
REGRESSORS: dict[type, Regressor] = {PLSRegression: _least_squares}
