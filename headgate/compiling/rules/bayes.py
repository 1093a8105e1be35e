"""Plans of classifiers by the likelihood of each class."""

from typing import Any

import numpy as np
from sklearn import discriminant_analysis, naive_bayes

from headgate.compiled.steps import (
    Binarize,
    Gaussians,
    Largest,
    Rescale,
    RowSquares,
    SideBySide,
    Softmax,
)
from headgate.compiling.builder import Builder, Classified, Classifier, Node, Value, refuse
from headgate.compiling.rules.linear import weighted


def _likeliest(build: Builder, scores: Node) -> Classified:
    classes = build.add(Largest(inputs=(scores.step,)), 1)
    return Classified(classes, build.add(Softmax(inputs=(scores.step,)), scores.width))


def _gaussian(build: Builder, model: Any, X: Value) -> Classified:
    offset = np.log(model.class_prior_) - 0.5 * np.log(2.0 * np.pi * model.var_).sum(axis=1)
    step = Gaussians(
        inputs=(build.dense(X).step,),
        means=build.store(model.theta_),
        variances=build.store(model.var_),
        offset=build.store(offset),
    )
    return _likeliest(build, build.add(step, len(offset)))


def _multinomial(build: Builder, model: Any, X: Value) -> Classified:
    prior = model.class_log_prior_
    return _likeliest(build, weighted(build, X, model.feature_log_prob_, prior))


def _complement(build: Builder, model: Any, X: Value) -> Classified:
    nothing = np.zeros(len(model.classes_))
    return _likeliest(build, weighted(build, X, model.feature_log_prob_, nothing))


def _bernoulli(build: Builder, model: Any, X: Value) -> Classified:
    node = build.numbers(X)
    if model.binarize is None or node.sparse:
        raise refuse(model, "binarize=None or sparse input")
    node = build.checked(model, node)
    on = build.add(Binarize(inputs=(node.step,), threshold=float(model.binarize)), node.width)
    off = np.log(1 - np.exp(model.feature_log_prob_))
    offset = model.class_log_prior_ + off.sum(axis=1)
    return _likeliest(build, weighted(build, on, model.feature_log_prob_ - off, offset))


def _quadratic(build: Builder, model: Any, X: Value) -> Classified:
    node = build.dense(X)
    parts = []
    for mean, rotation, scaling in zip(
        model.means_, model.rotations_, model.scalings_, strict=True
    ):
        centred = Rescale(inputs=(node.step,), subtract=build.store(mean))
        weights = (rotation * scaling**-0.5).T
        turned = weighted(build, build.add(centred, node.width), weights, np.zeros(len(weights)))
        parts.append(build.add(RowSquares(inputs=(turned.step,)), 1))
    n_classes = len(parts)
    apart = build.add(SideBySide(inputs=tuple(part.step for part in parts)), n_classes)
    spread = np.array([np.log(scaling).sum() for scaling in model.scalings_])
    step = Rescale(
        inputs=(apart.step,),
        multiply=build.store(np.full(n_classes, -0.5)),
        add=build.store(np.log(model.priors_) - 0.5 * spread),
    )
    scores = build.add(step, n_classes)
    answer = _likeliest(build, scores)
    if n_classes > 2:
        return Classified(answer.classes, answer.probabilities, scores)
    difference = weighted(build, scores, [[-1.0, 1.0]], [0.0])
    return Classified(answer.classes, answer.probabilities, difference)


CLASSIFIERS: dict[type, Classifier] = {
    naive_bayes.GaussianNB: _gaussian,
    naive_bayes.MultinomialNB: _multinomial,
    naive_bayes.ComplementNB: _complement,
    naive_bayes.BernoulliNB: _bernoulli,
    discriminant_analysis.QuadraticDiscriminantAnalysis: _quadratic,
}
