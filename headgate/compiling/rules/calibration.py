"""Plans of calibrated classifiers."""

from typing import Any

import numpy as np
from sklearn import calibration

from headgate.compiled.steps import (
    Complement,
    Elementwise,
    Expit,
    Interpolate,
    Rescale,
    Shares,
    Softmax,
)
from headgate.compiling.builder import Builder, Classified, Classifier, Node, Value, refuse
from headgate.compiling.rules.bending import starts_of
from headgate.compiling.rules.ensembles import average, likeliest, of_all_classes, shares_of
from headgate.compiling.rules.linear import weighted


def _calibrated(build: Builder, model: Any, X: Value) -> Classified:
    parts = [_one_calibrated(build, model, one, X) for one in model.calibrated_classifiers_]
    return likeliest(build, average(build, parts))


def _one_calibrated(build: Builder, model: Any, one: Any, X: Value) -> Node:
    answer = build.classify(of_all_classes(model, one.estimator), X)
    scores = answer.scores
    if scores is None and hasattr(one.estimator, "decision_function"):
        raise refuse(model, f"the scores of a {type(one.estimator).__name__}")
    if scores is None:
        shares = shares_of(model, answer)
        two = shares.width == 2 and one.method != "temperature"
        scores = build.numbers(build.select(shares, [1])) if two else shares
    if one.method == "sigmoid":
        bent = _sigmoid(build, one.calibrators, scores)
    elif one.method == "isotonic":
        bent = _isotonic(build, one.calibrators, scores)
    else:
        return _temperature(build, one.calibrators[0], scores, answer)
    if bent.width == 1:
        return build.add(Complement(inputs=(bent.step,)), 2)
    return build.add(Shares(inputs=(bent.step,)), bent.width)


def _sigmoid(build: Builder, calibrators: Any, scores: Node) -> Node:
    step = Rescale(
        inputs=(scores.step,),
        multiply=build.store([-one.a_ for one in calibrators]),
        add=build.store([-one.b_ for one in calibrators]),
    )
    return build.add(Expit(inputs=(build.add(step, scores.width).step,)), scores.width)


def _isotonic(build: Builder, calibrators: Any, scores: Node) -> Node:
    x = [np.atleast_1d(one.X_thresholds_) for one in calibrators]
    step = Interpolate(
        inputs=(scores.step,),
        x=build.store(np.concatenate(x)),
        y=build.store(np.concatenate([np.atleast_1d(one.y_thresholds_) for one in calibrators])),
        starts=build.store(starts_of(x), np.int64),
    )
    return build.add(step, scores.width)


def _temperature(build: Builder, calibrator: Any, scores: Node, answer: Classified) -> Node:
    if answer.scores is None:
        nudged = Rescale(inputs=(scores.step,), add=build.store(np.full(scores.width, 1e-12)))
        at = build.add(nudged, scores.width).step
        scores = build.add(Elementwise(inputs=(at,), function="log"), scores.width)
    elif scores.width == 1:
        scores = weighted(build, scores, [[-1.0], [1.0]], [0.0, 0.0])
    scaled = Rescale(
        inputs=(scores.step,), multiply=build.store(np.full(scores.width, calibrator.beta_))
    )
    return build.add(Softmax(inputs=(build.add(scaled, scores.width).step,)), scores.width)


CLASSIFIERS: dict[type, Classifier] = {calibration.CalibratedClassifierCV: _calibrated}
