"""Plans of what compares rows with training rows: support vectors, kernels, neighbours."""

from itertools import pairwise
from typing import Any

import numpy as np
from sklearn import kernel_approximation, kernel_ridge, neighbors, svm

from headgate.compiled.steps import (
    Above,
    Elementwise,
    Largest,
    Neighbours,
    PairScores,
    Rescale,
    Similarity,
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
from headgate.compiling.rules.linear import weighted

METRICS = {1: "manhattan", 2: "euclidean"}


def _similar(build: Builder, model: Any, X: Value, vectors: Any, gamma: float | None) -> Node:
    kernel = model.kernel
    if kernel not in ("linear", "poly", "polynomial", "rbf", "sigmoid", "laplacian"):
        raise refuse(model, f"kernel {str(kernel)[:20]!r}")
    vectors = np.asarray(vectors, dtype=np.float64)
    step = Similarity(
        inputs=(build.checked(model, X).step,),
        vectors=build.store(vectors),
        function="poly" if kernel == "polynomial" else kernel,
        gamma=float(1 / vectors.shape[1] if gamma is None else gamma),
        coef0=float(1 if model.coef0 is None else model.coef0),
        degree=float(3 if model.degree is None else model.degree),
    )
    return build.add(step, len(vectors))


def _vectors(build: Builder, model: Any, X: Value) -> Node:
    vectors = model.support_vectors_
    if model._sparse:
        raise refuse(model, "sparse support vectors")
    return _similar(build, model, X, vectors, model._gamma)


def _support_classes(build: Builder, model: Any, X: Value) -> Classified:
    n_classes = len(model.classes_)
    # Classes by votes, as scikit-learn's: the largest probability may be another.
    shares = build.convert(model, X, "predict_proba") if model.probability is True else None
    similar = _vectors(build, model, X)
    pairs = weighted(build, similar, _pair_weights(model), model._intercept_)
    if n_classes == 2:
        flipped = Rescale(inputs=(pairs.step,), multiply=build.store([-1.0]))
        scores = build.add(flipped, 1)
        classes = build.add(Above(inputs=(scores.step,), or_equal=True), 1)
        return Classified(classes, shares, scores)
    by_class = build.add(PairScores(inputs=(pairs.step,), n_classes=n_classes), n_classes)
    by_votes = by_class
    if not model.break_ties:
        votes = PairScores(inputs=(pairs.step,), n_classes=n_classes, votes_only=True)
        by_votes = build.add(votes, n_classes)
    classes = build.add(Largest(inputs=(by_votes.step,)), 1)
    scores = by_class if model.decision_function_shape == "ovr" else pairs
    return Classified(classes, shares, scores)


def _pair_weights(model: Any) -> Any:
    """Return what each support vector weighs for each pair of classes, (pairs, vectors)."""
    coef, ends = model._dual_coef_, np.cumsum([0, *model._n_support])
    own = [slice(a, b) for a, b in pairwise(ends)]
    first, second = np.triu_indices(len(own), k=1)
    weights = np.zeros((len(first), coef.shape[1]))
    for pair, (i, j) in enumerate(zip(first, second, strict=True)):
        weights[pair, own[i]] = coef[j - 1, own[i]]
        weights[pair, own[j]] = coef[i, own[j]]
    return weights


def _support(build: Builder, model: Any, X: Value) -> Node:
    return weighted(build, _vectors(build, model, X), model._dual_coef_, model._intercept_)


def _ridge(build: Builder, model: Any, X: Value) -> Node:
    similar = _similar(build, model, X, model.X_fit_, model.gamma)
    coef = np.atleast_2d(model.dual_coef_.T)
    if len(coef) != 1:
        raise refuse(model, "more than one target")
    return weighted(build, similar, coef, [0.0])


def _nystroem(build: Builder, model: Any, X: Value) -> Value:
    similar = _similar(build, model, X, model.components_, model.gamma)
    weights = model.normalization_
    return weighted(build, similar, weights, np.zeros(len(weights)))


def _random_waves(build: Builder, model: Any, X: Value) -> Value:
    weights = model.random_weights_.T
    waves = weighted(build, build.checked(model, X), weights, model.random_offset_)
    bent = build.add(Elementwise(inputs=(waves.step,), function="cos"), waves.width)
    height = np.full(bent.width, np.sqrt(2.0 / model.n_components))
    step = Rescale(inputs=(bent.step,), multiply=build.store(height))
    return build.add(step, bent.width)


def _nearest(build: Builder, model: Any, X: Value, targets: Any) -> Node:
    metric = METRICS.get(model.p) if model.metric == "minkowski" else model.metric
    if metric not in ("euclidean", "manhattan", "chebyshev") or callable(model.weights):
        raise refuse(model, f"metric {str(model.metric)[:20]!r} or weights of one's own")
    vectors = model._fit_X
    if hasattr(vectors, "toarray"):
        raise refuse(model, "sparse rows")
    step = Neighbours(
        inputs=(build.checked(model, X).step,),
        vectors=build.store(vectors),
        targets=build.store(targets),
        n_neighbours=model.n_neighbors,
        metric=metric,
        by_distance=model.weights == "distance",
    )
    return build.add(step, targets.shape[1])


def _nearest_classes(build: Builder, model: Any, X: Value) -> Classified:
    targets = np.eye(len(model.classes_))[model._y]
    shares = _nearest(build, model, X, targets)
    return Classified(build.add(Largest(inputs=(shares.step,)), 1), shares)


def _nearest_numbers(build: Builder, model: Any, X: Value) -> Node:
    targets = np.asarray(model._y, dtype=np.float64).reshape(len(model._fit_X), -1)
    if targets.shape[1] != 1:
        raise refuse(model, "more than one target")
    return _nearest(build, model, X, targets)


TRANSFORMERS: dict[type, Transformer] = {
    kernel_approximation.Nystroem: _nystroem,
    kernel_approximation.RBFSampler: _random_waves,
}
CLASSIFIERS: dict[type, Classifier] = {
    svm.SVC: _support_classes,
    svm.NuSVC: _support_classes,
    neighbors.KNeighborsClassifier: _nearest_classes,
}
REGRESSORS: dict[type, Regressor] = {
    svm.SVR: _support,
    svm.NuSVR: _support,
    kernel_ridge.KernelRidge: _ridge,
    neighbors.KNeighborsRegressor: _nearest_numbers,
}
