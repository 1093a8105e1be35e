"""Plans of estimators around another one: thresholds, bent targets, searches."""

from typing import Any

import numpy as np
from sklearn import compose, dummy, frozen, model_selection, multiclass, preprocessing

from headgate.compiled.steps import (
    Above,
    Complement,
    Elementwise,
    Largest,
    Rescale,
    Shares,
    WeightedSums,
)
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
from headgate.compiling.rules.columns import UFUNCS
from headgate.compiling.rules.ensembles import shares_of


def _one_vs_rest(build: Builder, model: Any, X: Value) -> Classified:
    build.watchful = True
    if model.multilabel_:
        raise refuse(model, "more than one label per row")
    answers = [build.classify(one, X) for one in model.estimators_]
    scores = [one.scores for one in answers if one.scores is not None]
    shares = [one.probabilities for one in answers if one.probabilities is not None]
    seconds = [build.numbers(build.select(one, [1])) for one in shares]
    by_score = len(scores) == len(answers)
    best = build.numbers(build.beside(scores if by_score else seconds))
    if best.width > 1:
        classes = build.add(Largest(inputs=(best.step,)), 1)
    else:
        classes = build.add(Above(inputs=(best.step,), threshold=0.0 if by_score else 0.5), 1)
    found = best if by_score else None
    if len(seconds) < len(answers):
        return Classified(classes, scores=found)
    beside = build.numbers(build.beside(seconds))
    if beside.width == 1:
        both = build.add(Complement(inputs=(beside.step,)), 2)
    else:
        both = build.add(Shares(inputs=(beside.step,)), beside.width)
    return Classified(classes, both, found)


def _own_threshold(build: Builder, model: Any, X: Value) -> Classified:
    build.watchful = True
    member = getattr(model, "estimator_", model.estimator)
    tuned = isinstance(model, model_selection.TunedThresholdClassifierCV)
    positive = model._curve_scorer._get_pos_label() if tuned else model.pos_label
    if positive is not None and positive != model.classes_[1]:
        raise refuse(model, "the first class as the positive one")
    answer = build.classify(member, X)
    method = model.response_method
    by_share = method == "predict_proba" or (method == "auto" and answer.probabilities is not None)
    threshold = model.best_threshold_ if tuned else model.threshold
    if isinstance(threshold, str):
        threshold = 0.5 if by_share else 0.0
    score = (
        build.numbers(build.select(shares_of(model, answer), [1])) if by_share else answer.scores
    )
    if score is None:
        raise refuse(model, "a member without scores")
    step = Above(inputs=(score.step,), threshold=float(threshold), or_equal=True)
    return Classified(build.add(step, 1), answer.probabilities, answer.scores)


def _bent_target(build: Builder, model: Any, X: Value) -> Node:
    node = build.regress(model.regressor_, X)
    transformer = model.transformer_
    if isinstance(transformer, preprocessing.FunctionTransformer):
        return _inverse_function(build, model, transformer, node)
    scale = getattr(transformer, "scale_", None)
    if isinstance(transformer, preprocessing.StandardScaler):
        names = {
            "multiply": None if scale is None else build.store(scale),
            "add": build.store(transformer.mean_) if transformer.with_mean else None,
        }
    elif isinstance(transformer, preprocessing.MinMaxScaler) and not transformer.clip:
        names = {
            "subtract": build.store(transformer.min_),
            "divide": build.store(transformer.scale_),
        }
    else:
        raise refuse(model, f"a {type(transformer).__name__} of the target")
    return build.add(Rescale(inputs=(node.step,), **names), 1)


def _inverse_function(build: Builder, model: Any, transformer: Any, node: Node) -> Node:
    function = transformer.inverse_func
    if function is None:
        return node
    name = getattr(function, "__name__", "")
    if name not in UFUNCS or getattr(np, name, None) is not function:
        raise refuse(model, "a function of one's own")
    return build.add(Elementwise(inputs=(node.step,), function=name), 1)


def _constant_classes(build: Builder, model: Any, X: Value) -> Classified:
    if model.strategy not in ("prior", "most_frequent", "constant") or model.n_outputs_ != 1:
        raise refuse(model, f"strategy {model.strategy!r}")
    shares = model.predict_proba(np.zeros((1, 1)))[0]
    node = _constant(build, X, shares)
    position = np.zeros((len(model.classes_),))
    position[list(model.classes_).index(model.predict(np.zeros((1, 1)))[0])] = 1.0
    named = _constant(build, X, position)
    return Classified(build.add(Largest(inputs=(named.step,)), 1), node)


def _constant_number(build: Builder, model: Any, X: Value) -> Node:
    return _constant(build, X, np.ravel(model.constant_))


def _constant(build: Builder, X: Value, numbers: Any) -> Node:
    """Any column will do: only how many rows there are counts."""
    node = build.numbers(build.select(X, []))
    weights = build.store(np.zeros((len(numbers), 0)))
    step = WeightedSums(inputs=(node.step,), weights=weights, offset=build.store(numbers))
    return build.add(step, len(numbers))


def _best(build: Builder, model: Any, X: Value) -> Classified:
    return build.classify(model.best_estimator_, X)


def _best_number(build: Builder, model: Any, X: Value) -> Node:
    return build.regress(model.best_estimator_, X)


def _frozen(build: Builder, model: Any, X: Value) -> Classified:
    return build.classify(model.estimator, X)


def _frozen_number(build: Builder, model: Any, X: Value) -> Node:
    return build.regress(model.estimator, X)


def _frozen_transformer(build: Builder, model: Any, X: Value) -> Value:
    return build.transform(model.estimator, X)


TRANSFORMERS: dict[type, Transformer] = {frozen.FrozenEstimator: _frozen_transformer}
CLASSIFIERS: dict[type, Classifier] = {
    multiclass.OneVsRestClassifier: _one_vs_rest,
    model_selection.FixedThresholdClassifier: _own_threshold,
    model_selection.TunedThresholdClassifierCV: _own_threshold,
    model_selection.GridSearchCV: _best,
    model_selection.RandomizedSearchCV: _best,
    frozen.FrozenEstimator: _frozen,
    dummy.DummyClassifier: _constant_classes,
}
REGRESSORS: dict[type, Regressor] = {
    compose.TransformedTargetRegressor: _bent_target,
    model_selection.GridSearchCV: _best_number,
    model_selection.RandomizedSearchCV: _best_number,
    frozen.FrozenEstimator: _frozen_number,
    dummy.DummyRegressor: _constant_number,
}
