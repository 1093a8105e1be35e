"""Estimators made of others, by name, each to be equalled by a plan."""

import numpy as np
from sklearn import (
    calibration,
    compose,
    ensemble,
    linear_model,
    model_selection,
    multiclass,
    naive_bayes,
    preprocessing,
    svm,
    tree,
)

from tests.headgate.compiling.pieces import Case, logistic, scaled, small_tree

COMPOSED = {
    "calibrated, sigmoid": Case(
        lambda: calibration.CalibratedClassifierCV(scaled(svm.LinearSVC()), cv=2)
    ),
    "calibrated, isotonic, one": Case(
        lambda: scaled(
            calibration.CalibratedClassifierCV(svm.SVC(), method="isotonic", cv=2, ensemble=False)
        )
    ),
    "calibrated, sigmoid of two": Case(
        lambda: calibration.CalibratedClassifierCV(small_tree(), cv=2), target="two"
    ),
    "calibrated, isotonic boosting": Case(
        lambda: calibration.CalibratedClassifierCV(
            ensemble.HistGradientBoostingClassifier(max_iter=10), method="isotonic", cv=2
        ),
        "gaps",
    ),
    "calibrated, temperature": Case(
        lambda: calibration.CalibratedClassifierCV(scaled(logistic()), method="temperature", cv=2),
        target="two",
    ),
    "voting, soft": Case(
        lambda: ensemble.VotingClassifier(
            [("a", scaled(logistic())), ("b", small_tree())], voting="soft", weights=[2, 1]
        )
    ),
    "voting, hard": Case(
        lambda: ensemble.VotingClassifier(
            [("a", scaled(logistic())), ("b", small_tree()), ("c", naive_bayes.GaussianNB())]
        )
    ),
    "voting regression": Case(
        lambda: ensemble.VotingRegressor(
            [("a", linear_model.Ridge()), ("b", tree.DecisionTreeRegressor(max_depth=4))]
        ),
        target="number",
    ),
    "stacking": Case(
        lambda: ensemble.StackingClassifier(
            [("a", scaled(logistic())), ("b", scaled(svm.LinearSVC()))], cv=2, passthrough=False
        )
    ),
    "stacking of two, passed through": Case(
        lambda: ensemble.StackingClassifier(
            [("a", small_tree())], final_estimator=scaled(logistic()), cv=2, passthrough=True
        ),
        target="two",
    ),
    "stacking regression": Case(
        lambda: ensemble.StackingRegressor([("a", linear_model.Ridge())], cv=2), target="number"
    ),
    "bagging": Case(
        lambda: ensemble.BaggingClassifier(n_estimators=10, max_features=0.5, random_state=0)
    ),
    "bagging of linear models": Case(
        lambda: scaled(ensemble.BaggingClassifier(logistic(), n_estimators=3, random_state=0))
    ),
    "bagging regression": Case(
        lambda: ensemble.BaggingRegressor(n_estimators=10, random_state=0), target="number"
    ),
    "adaptive boosting": Case(lambda: ensemble.AdaBoostClassifier(n_estimators=10, random_state=0)),
    "adaptive boosting of two": Case(
        lambda: ensemble.AdaBoostClassifier(n_estimators=10, random_state=0), target="two"
    ),
    "adaptive boosting regression": Case(
        lambda: ensemble.AdaBoostRegressor(n_estimators=5, random_state=0), target="number"
    ),
    "one against the rest": Case(lambda: scaled(multiclass.OneVsRestClassifier(logistic()))),
    "one against the rest, scores": Case(
        lambda: scaled(multiclass.OneVsRestClassifier(svm.LinearSVC()))
    ),
    "tuned threshold": Case(
        lambda: model_selection.TunedThresholdClassifierCV(scaled(logistic()), cv=2),
        target="two",
    ),
    "fixed threshold": Case(
        lambda: model_selection.FixedThresholdClassifier(scaled(logistic()), threshold=0.8),
        target="two",
    ),
    "bent target": Case(
        lambda: compose.TransformedTargetRegressor(
            linear_model.Ridge(), func=np.log1p, inverse_func=np.expm1
        ),
        target="positive",
    ),
    "scaled target": Case(
        lambda: compose.TransformedTargetRegressor(
            linear_model.Ridge(), transformer=preprocessing.StandardScaler()
        ),
        target="number",
    ),
}
