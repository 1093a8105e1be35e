"""Plans of estimators made of others: votes, means, stacks, boosts."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn import ensemble

from headgate.compiled.steps import Above, Average, Largest, Rescale, Softmax, Votes, WeightedMedian
from headgate.compiling.builder import (
    Builder,
    Classified,
    Classifier,
    Node,
    Regressor,
    Value,
    refuse,
)
from headgate.compiling.rules.linear import weighted
from headgate.compiling.rules.trees import merged_classes, merged_numbers, merged_votes


def of_all_classes(model: Any, member: Any) -> Any:
    """Return a member if it knows every class: a position means the same in both."""
    if len(member.classes_) != len(model.classes_):
        raise refuse(model, "a member that has not seen every class")
    return member


def average(build: Builder, parts: Sequence[Node], weights: Any = None) -> Node:
    """Return the mean of nodes."""
    weights = np.ones(len(parts)) if weights is None else weights
    step = Average(inputs=tuple(part.step for part in parts), weights=build.store(weights))
    return build.add(step, parts[0].width)


def likeliest(build: Builder, shares: Node, scores: Node | None = None) -> Classified:
    """Return the most probable class."""
    return Classified(build.add(Largest(inputs=(shares.step,)), 1), shares, scores)


def shares_of(model: Any, answer: Classified) -> Node:
    """Return the probabilities of a member that must have them."""
    if answer.probabilities is None:
        raise refuse(model, "a member without probabilities")
    return answer.probabilities


def votes(build: Builder, classes: Sequence[Node], weights: Any, others: Any, n: int) -> Node:
    """Return what each of ``n`` classes gets from members that name one."""
    step = Votes(
        inputs=tuple(one.step for one in classes),
        weights=build.store(weights),
        others=build.store(others),
        n_classes=n,
    )
    return build.add(step, n)


def _voting(build: Builder, model: Any, X: Value) -> Classified:
    build.watchful = True
    members = [of_all_classes(model, one) for one in model.estimators_]
    answers = [build.classify(one, X) for one in members]
    weights = model._weights_not_none
    if model.voting == "soft":
        shares = [shares_of(model, one) for one in answers]
        return likeliest(build, average(build, shares, weights))
    weights = np.ones(len(answers)) if weights is None else weights
    nothing, n_classes = np.zeros(len(answers)), len(model.classes_)
    given = votes(build, [one.classes for one in answers], weights, nothing, n_classes)
    return Classified(build.add(Largest(inputs=(given.step,)), 1))


def _voting_numbers(build: Builder, model: Any, X: Value) -> Node:
    parts = [build.regress(one, X) for one in model.estimators_]
    return average(build, parts, model._weights_not_none)


def _bagging(build: Builder, model: Any, X: Value) -> Classified:
    build.watchful = True
    members = [of_all_classes(model, one) for one in model.estimators_]
    merged = merged_classes(build, members, model.estimators_features_, X)
    if merged is not None:
        return likeliest(build, merged)
    node = build.numbers(X)
    answers = [
        build.classify(one, build.select(node, list(columns)))
        for one, columns in zip(members, model.estimators_features_, strict=True)
    ]
    if any(one.probabilities is None for one in answers):
        named = [one.classes for one in answers]
        each = np.ones(len(named))
        counts = votes(build, named, each, np.zeros(len(named)), len(model.classes_))
        divide = build.store(np.full(counts.width, float(len(named))))
        shares = build.add(Rescale(inputs=(counts.step,), divide=divide), counts.width)
        return likeliest(build, shares, _mean_scores(build, answers))
    shares = average(build, [shares_of(model, one) for one in answers])
    return likeliest(build, shares, _mean_scores(build, answers))


def _mean_scores(build: Builder, answers: Sequence[Classified]) -> Node | None:
    scores = [one.scores for one in answers if one.scores is not None]
    return average(build, scores) if len(scores) == len(answers) else None


def _bagging_numbers(build: Builder, model: Any, X: Value) -> Node:
    merged = merged_numbers(build, model.estimators_, model.estimators_features_, X)
    if merged is not None:
        return merged
    node = build.numbers(X)
    parts = [
        build.regress(one, build.select(node, list(columns)))
        for one, columns in zip(model.estimators_, model.estimators_features_, strict=True)
    ]
    return average(build, parts)


def _adaboost(build: Builder, model: Any, X: Value) -> Classified:
    build.watchful = True
    n_classes = len(model.classes_)
    weights = np.asarray(model.estimator_weights_)[: len(model.estimators_)]
    others = -weights / (n_classes - 1)
    X = build.checked(model, X)
    members = [of_all_classes(model, one) for one in model.estimators_]
    given = merged_votes(build, members, weights, others, X)
    if given is None:
        named = [build.classify(one, X).classes for one in members]
        given = votes(build, named, weights, others, n_classes)
    total = np.full(n_classes, model.estimator_weights_.sum())
    scores = build.add(Rescale(inputs=(given.step,), divide=build.store(total)), n_classes)
    if n_classes > 2:
        classes = build.add(Largest(inputs=(scores.step,)), 1)
        return Classified(classes, _shares(build, scores, n_classes), scores)
    difference = weighted(build, scores, [[-1.0, 1.0]], [0.0])
    classes = build.add(Above(inputs=(difference.step,)), 1)
    both = weighted(build, difference, [[-1.0], [1.0]], [0.0, 0.0])
    return Classified(classes, _shares(build, both, 3), difference)


def _shares(build: Builder, scores: Node, n_classes: int) -> Node:
    divide = build.store(np.full(scores.width, float(n_classes - 1)))
    scaled = build.add(Rescale(inputs=(scores.step,), divide=divide), scores.width)
    return build.add(Softmax(inputs=(scaled.step,)), scores.width)


def _adaboost_numbers(build: Builder, model: Any, X: Value) -> Node:
    build.watchful = True
    node = build.checked(model, X)
    parts = [build.regress(one, node) for one in model.estimators_]
    beside = build.numbers(build.beside(parts))
    weights = build.store(model.estimator_weights_[: len(parts)])
    return build.add(WeightedMedian(inputs=(beside.step,), weights=weights), 1)


def _stacked(build: Builder, model: Any, X: Value, answer: Callable[[Any, str], Node]) -> Value:
    build.watchful = True
    members = [one for one in model.estimators_ if not isinstance(one, str)]
    methods = [method for method in model.stack_method_ if method is not None]
    parts: list[Value] = [answer(*pair) for pair in zip(members, methods, strict=True)]
    return build.beside([*parts, X] if model.passthrough else parts)


def _stacking(build: Builder, model: Any, X: Value) -> Classified:
    def answer(member: Any, method: str) -> Node:
        found = build.classify(of_all_classes(model, member), X)
        if method == "decision_function" and found.scores is not None:
            return found.scores
        if method != "predict_proba":
            raise refuse(model, f"stack_method {method!r}")
        shares = shares_of(model, found)
        # With two classes the second says all.
        return build.numbers(build.select(shares, [1])) if shares.width == 2 else shares

    return build.classify(
        of_all_classes(model, model.final_estimator_), _stacked(build, model, X, answer)
    )


def _stacking_numbers(build: Builder, model: Any, X: Value) -> Node:
    def answer(member: Any, method: str) -> Node:
        if method != "predict":
            raise refuse(model, f"stack_method {method!r}")
        return build.regress(member, X)

    return build.regress(model.final_estimator_, _stacked(build, model, X, answer))


CLASSIFIERS: dict[type, Classifier] = {
    ensemble.VotingClassifier: _voting,
    ensemble.BaggingClassifier: _bagging,
    ensemble.AdaBoostClassifier: _adaboost,
    ensemble.StackingClassifier: _stacking,
}
REGRESSORS: dict[type, Regressor] = {
    ensemble.VotingRegressor: _voting_numbers,
    ensemble.BaggingRegressor: _bagging_numbers,
    ensemble.AdaBoostRegressor: _adaboost_numbers,
    ensemble.StackingRegressor: _stacking_numbers,
}
