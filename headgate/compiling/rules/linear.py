"""Plans of linear models."""

from typing import Any

import numpy as np
from sklearn import linear_model, svm
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from headgate.compiled.steps import (
    Above,
    Complement,
    Elementwise,
    Expit,
    Finite,
    Largest,
    Shares,
    Softmax,
    WeightedSums,
)
from headgate.compiling.builder import (
    Builder,
    Classified,
    Classifier,
    Node,
    Regressor,
    Value,
    refuse,
)


def scores(build: Builder, model: Any, X: Value) -> Node:
    """Return the decision function: (n, 1) for two classes, else (n, classes)."""
    return weighted(build, X, np.atleast_2d(model.coef_), model.intercept_)


def weighted(build: Builder, X: Value, weights: Any, offset: Any) -> Node:
    """Return ``X @ weights.T + offset``."""
    node, weights = build.numbers(X), np.atleast_2d(weights)
    offset = np.broadcast_to(np.ravel(offset), (len(weights),))
    step = WeightedSums(
        inputs=(node.step,), weights=build.store(weights), offset=build.store(offset)
    )
    return build.add(step, len(weights))


def chosen(build: Builder, scores: Node) -> Node:
    """Return the class by its score: above zero, or the largest."""
    if scores.width == 1:
        return build.add(Above(inputs=(scores.step,)), 1)
    return build.add(Largest(inputs=(scores.step,)), 1)


def one_by_one(build: Builder, scores: Node) -> Node:
    """Return a logistic probability for each class by itself, made to sum to one."""
    single = build.add(Expit(inputs=(scores.step,)), scores.width)
    if scores.width == 1:
        return build.add(Complement(inputs=(single.step,)), 2)
    return build.add(Shares(inputs=(single.step,)), scores.width)


def together(build: Builder, scores: Node) -> Node:
    """Return the probabilities of a multinomial model."""
    if scores.width == 1:
        return one_by_one(build, scores)
    return build.add(Softmax(inputs=(scores.step,)), scores.width)


def _multinomial(build: Builder, model: Any, X: Value) -> Classified:
    found = scores(build, model, finite(build, X))
    return Classified(chosen(build, found), together(build, found), found)


def _only_classes(build: Builder, model: Any, X: Value) -> Classified:
    found = scores(build, model, finite(build, X))
    return Classified(chosen(build, found), scores=found)


def finite(build: Builder, X: Value) -> Node:
    """Refuse infinity: a logistic function, or a sign, would make an answer of it."""
    node = build.numbers(X)
    return node if node.sparse else build.add(Finite(inputs=(node.step,)), node.width)


def _stochastic(build: Builder, model: Any, X: Value) -> Classified:
    if model.loss == "log_loss":
        found = scores(build, model, finite(build, X))
        return Classified(chosen(build, found), one_by_one(build, found), found)
    if hasattr(model, "predict_proba"):
        raise refuse(model, f"loss {model.loss!r}")
    return _only_classes(build, model, X)


def _linear(build: Builder, model: Any, X: Value) -> Node:
    coef = np.atleast_2d(model.coef_)
    if len(coef) != 1:
        raise refuse(model, "more than one target")
    return weighted(build, X, coef, model.intercept_)


def _log_link(build: Builder, model: Any, X: Value) -> Node:
    found = _linear(build, model, finite(build, X))
    return build.add(Elementwise(inputs=(found.step,), function="exp"), 1)


def _tweedie(build: Builder, model: Any, X: Value) -> Node:
    identity = model.link == "identity" or (model.link == "auto" and model.power <= 0)
    return (_linear if identity else _log_link)(build, model, X)


CLASSIFIERS: dict[type, Classifier] = {
    linear_model.LogisticRegression: _multinomial,
    linear_model.LogisticRegressionCV: _multinomial,
    LinearDiscriminantAnalysis: _multinomial,
    linear_model.SGDClassifier: _stochastic,
    linear_model.Perceptron: _only_classes,
    linear_model.RidgeClassifier: _only_classes,
    linear_model.RidgeClassifierCV: _only_classes,
    svm.LinearSVC: _only_classes,
}
REGRESSORS: dict[type, Regressor] = {
    linear_model.PoissonRegressor: _log_link,
    linear_model.GammaRegressor: _log_link,
    linear_model.TweedieRegressor: _tweedie,
} | dict.fromkeys(
    (
        linear_model.LinearRegression,
        linear_model.Ridge,
        linear_model.RidgeCV,
        linear_model.Lasso,
        linear_model.LassoCV,
        linear_model.LassoLars,
        linear_model.LassoLarsCV,
        linear_model.LassoLarsIC,
        linear_model.ElasticNet,
        linear_model.ElasticNetCV,
        linear_model.Lars,
        linear_model.LarsCV,
        linear_model.OrthogonalMatchingPursuit,
        linear_model.BayesianRidge,
        linear_model.ARDRegression,
        linear_model.HuberRegressor,
        linear_model.TheilSenRegressor,
        linear_model.QuantileRegressor,
        linear_model.SGDRegressor,
        svm.LinearSVR,
    ),
    _linear,
)
