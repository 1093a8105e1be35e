"""Plans of multi-layer perceptrons."""

from typing import Any

from sklearn import neural_network

from headgate.compiled.steps import Above, Complement, Elementwise, Expit, Largest, Softmax
from headgate.compiling.builder import (
    Builder,
    Classified,
    Classifier,
    Node,
    Regressor,
    Value,
    refuse,
)
from headgate.compiling.rules.linear import finite, weighted


def _layers(build: Builder, model: Any, X: Value) -> Node:
    """Return the last layer before its activation."""
    node = finite(build, X)
    last = len(model.coefs_) - 1
    for i, (weights, offset) in enumerate(zip(model.coefs_, model.intercepts_, strict=True)):
        node = weighted(build, node, weights.T, offset)
        if i < last:
            node = _activated(build, model, model.activation, node)
    return node


def _activated(build: Builder, model: Any, activation: str, node: Node) -> Node:
    at = (node.step,)
    if activation == "identity":
        return node
    if activation == "softmax":
        return build.add(Softmax(inputs=at), node.width)
    if activation == "logistic":
        return build.add(Expit(inputs=at), node.width)
    functions = {"relu": "relu", "tanh": "tanh", "exp": "exp"}
    if activation not in functions:
        raise refuse(model, f"activation {activation!r}")
    return build.add(Elementwise(inputs=at, function=functions[activation]), node.width)


def _classes(build: Builder, model: Any, X: Value) -> Classified:
    if model.out_activation_ not in ("logistic", "softmax"):
        raise refuse(model, "more than one target")
    shares = _activated(build, model, model.out_activation_, _layers(build, model, X))
    if model.n_outputs_ == 1:
        classes = build.add(Above(inputs=(shares.step,), threshold=0.5), 1)
        return Classified(classes, build.add(Complement(inputs=(shares.step,)), 2))
    if model.out_activation_ == "logistic":
        raise refuse(model, "more than one label per row")
    return Classified(build.add(Largest(inputs=(shares.step,)), 1), shares)


def _numbers(build: Builder, model: Any, X: Value) -> Node:
    if model.n_outputs_ != 1:
        raise refuse(model, "more than one target")
    return _activated(build, model, model.out_activation_, _layers(build, model, X))


CLASSIFIERS: dict[type, Classifier] = {neural_network.MLPClassifier: _classes}
REGRESSORS: dict[type, Regressor] = {neural_network.MLPRegressor: _numbers}
