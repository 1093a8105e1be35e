"""Plans of decision trees and what is made of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn import ensemble, tree
from sklearn.dummy import DummyClassifier, DummyRegressor

from headgate.compiled.steps import Above, Elementwise, Finite, Largest, Rescale, Trees
from headgate.compiled.trees.forest import Forest
from headgate.compiled.trees.masks import LeafMasks
from headgate.compiling.builder import (
    Builder,
    Classified,
    Classifier,
    Node,
    Regressor,
    Value,
    refuse,
)
from headgate.compiling.leaf_graph import leaf_graph
from headgate.compiling.rules.linear import chosen, together
from headgate.compiling.tree_arrays import TreeArrays, of_boosting, of_trees


def _plant(
    build: Builder,
    X: Value,
    trees: TreeArrays,
    *,
    offset: Any,
    n_outputs: int,
    turns: int | None = None,
    divide: float = 1.0,
) -> Node:
    node = build.dense(X)
    names = {name: build.store(array, array.dtype) for name, array in trees.by_name().items()}
    step = Trees(
        inputs=(node.step,),
        offset=build.store(np.ravel(offset)),
        turns=turns,
        divide=divide,
        n_columns=node.width,
        graph=_graph(build, trees.forest(), node.width),
        **names,
    )
    return build.add(step, n_outputs)


def _graph(build: Builder, forest: Forest, n_columns: int) -> str | None:
    if LeafMasks.of(forest) is not None:
        return None
    graph = leaf_graph(forest, n_columns)
    return None if graph is None else build.store(np.frombuffer(graph, dtype=np.uint8), np.uint8)


def _checked(build: Builder, X: Value, *, nan: bool, single: bool) -> Node:
    node = build.dense(X)
    return build.add(Finite(inputs=(node.step,), nan=nan, single=single), node.width)


def _averaged(build: Builder, model: Any, members: Sequence[Any], X: Value) -> Node:
    if model.n_outputs_ != 1:
        raise refuse(model, "more than one target")
    return _mean(build, of_trees(members), members, X)


def _mean(build: Builder, trees: TreeArrays, members: Sequence[Any], X: Value) -> Node:
    nan = bool(members[0]._support_missing_values(np.zeros((1, 1))))
    X = _checked(build, X, nan=nan, single=True)
    n_outputs = trees.values.shape[1]
    nothing = np.zeros(n_outputs)
    divide = float(len(members))
    return _plant(build, X, trees, offset=nothing, n_outputs=n_outputs, divide=divide)


def merged_classes(
    build: Builder, members: Sequence[Any], columns: Sequence[Any], X: Value
) -> Node | None:
    """Return the mean of trees that each look at some columns; None if not all are trees."""
    if not all(type(one) in CLASS_TREES for one in members):
        return None
    return _mean(build, of_trees(members).asking(columns), members, X)


def merged_numbers(
    build: Builder, members: Sequence[Any], columns: Sequence[Any], X: Value
) -> Node | None:
    """Do for regression trees what `merged_classes` does."""
    if not all(type(one) in NUMBER_TREES for one in members):
        return None
    return _mean(build, of_trees(members).asking(columns), members, X)


def merged_votes(
    build: Builder, members: Sequence[Any], weights: Any, others: Any, X: Value
) -> Node | None:
    """Return what classes get from trees that each name one; None if not all are trees."""
    if not all(type(one) in CLASS_TREES for one in members):
        return None
    nan = bool(members[0]._support_missing_values(np.zeros((1, 1))))
    X = _checked(build, X, nan=nan, single=True)
    trees = of_trees(members).voting(weights, others)
    n_classes = trees.values.shape[1]
    return _plant(build, X, trees, offset=np.zeros(n_classes), n_outputs=n_classes)


def _forest_classes(build: Builder, model: Any, X: Value) -> Classified:
    found = _averaged(build, model, list(model.estimators_), X)
    return Classified(build.add(Largest(inputs=(found.step,)), 1), found)


def _tree_classes(build: Builder, model: Any, X: Value) -> Classified:
    found = _averaged(build, model, [model], X)
    return Classified(build.add(Largest(inputs=(found.step,)), 1), found)


def _forest(build: Builder, model: Any, X: Value) -> Node:
    return _averaged(build, model, list(model.estimators_), X)


def _tree(build: Builder, model: Any, X: Value) -> Node:
    return _averaged(build, model, [model], X)


def _boosted_by_bins(build: Builder, model: Any, X: Value) -> Node:
    if model._preprocessor is not None:
        X = build.transform(model._preprocessor, X)
    # Unlike other trees these take infinity as the number it is.
    X = build.dense(X)
    turns = model.n_trees_per_iteration_
    return _plant(
        build,
        X,
        of_boosting(model),
        offset=model._baseline_prediction,
        n_outputs=turns,
        turns=turns,
    )


def _boosted_by_bins_classes(build: Builder, model: Any, X: Value) -> Classified:
    found = _boosted_by_bins(build, model, X)
    return Classified(chosen(build, found), together(build, found), found)


def _boosted_by_bins_numbers(build: Builder, model: Any, X: Value) -> Node:
    found = _boosted_by_bins(build, model, X)
    if model.loss in ("poisson", "gamma"):
        return build.add(Elementwise(inputs=(found.step,), function="exp"), 1)
    return found


def _boosted(build: Builder, model: Any, X: Value) -> Node:
    if not (model.init_ == "zero" or isinstance(model.init_, DummyClassifier | DummyRegressor)):
        raise refuse(model, "an init estimator")
    members = [one for stage in model.estimators_ for one in stage]
    X = _checked(build, X, nan=False, single=True)
    turns = model.estimators_.shape[1]
    start = model._raw_predict_init(np.zeros((1, model.n_features_in_), dtype=np.float32))
    trees = of_trees(members, times=model.learning_rate)
    return _plant(build, X, trees, offset=start, n_outputs=turns, turns=turns)


def _boosted_classes(build: Builder, model: Any, X: Value) -> Classified:
    found = _boosted(build, model, X)
    if found.width > 1:
        return Classified(chosen(build, found), together(build, found), found)
    classes = build.add(Above(inputs=(found.step,), or_equal=True), 1)
    if model.loss != "exponential":
        return Classified(classes, together(build, found), found)
    twice = Rescale(inputs=(found.step,), multiply=build.store([2.0]))
    return Classified(classes, together(build, build.add(twice, 1)), found)


CLASS_TREES = (tree.DecisionTreeClassifier, tree.ExtraTreeClassifier)
NUMBER_TREES = (tree.DecisionTreeRegressor, tree.ExtraTreeRegressor)

CLASSIFIERS: dict[type, Classifier] = {
    tree.DecisionTreeClassifier: _tree_classes,
    tree.ExtraTreeClassifier: _tree_classes,
    ensemble.RandomForestClassifier: _forest_classes,
    ensemble.ExtraTreesClassifier: _forest_classes,
    ensemble.GradientBoostingClassifier: _boosted_classes,
    ensemble.HistGradientBoostingClassifier: _boosted_by_bins_classes,
}
REGRESSORS: dict[type, Regressor] = {
    tree.DecisionTreeRegressor: _tree,
    tree.ExtraTreeRegressor: _tree,
    ensemble.RandomForestRegressor: _forest,
    ensemble.ExtraTreesRegressor: _forest,
    ensemble.GradientBoostingRegressor: _boosted,
    ensemble.HistGradientBoostingRegressor: _boosted_by_bins_numbers,
}
