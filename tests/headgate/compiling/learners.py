"""Learners by name, each to be equalled by a plan."""

from sklearn import (
    cross_decomposition,
    discriminant_analysis,
    dummy,
    ensemble,
    kernel_ridge,
    linear_model,
    naive_bayes,
    neighbors,
    neural_network,
    preprocessing,
    svm,
    tree,
)
from sklearn.pipeline import make_pipeline

from tests.headgate.compiling.material import WORDS
from tests.headgate.compiling.pieces import Case, logistic, mixed, scaled

LINEAR = {
    "logistic regression": Case(lambda: scaled(logistic())),
    "logistic regression of two": Case(lambda: scaled(logistic()), target="two"),
    "cross-validated logistic": Case(
        lambda: scaled(
            linear_model.LogisticRegressionCV(
                Cs=2, cv=2, l1_ratios=(0,), use_legacy_attributes=False
            )
        )
    ),
    "stochastic gradient, log loss": Case(
        lambda: scaled(linear_model.SGDClassifier(loss="log_loss", random_state=0))
    ),
    "stochastic gradient, hinge": Case(lambda: scaled(linear_model.SGDClassifier(random_state=0))),
    "perceptron": Case(lambda: scaled(linear_model.Perceptron(random_state=0))),
    "ridge classifier": Case(lambda: scaled(linear_model.RidgeClassifier()), target="two"),
    "linear support vectors": Case(lambda: scaled(svm.LinearSVC(random_state=0))),
    "linear discriminant": Case(lambda: scaled(discriminant_analysis.LinearDiscriminantAnalysis())),
    "least squares": Case(lambda: linear_model.LinearRegression(), target="number"),
    "ridge": Case(lambda: scaled(linear_model.Ridge()), target="number"),
    "lasso": Case(lambda: scaled(linear_model.Lasso(alpha=0.01)), target="number"),
    "elastic net": Case(lambda: scaled(linear_model.ElasticNet(alpha=0.01)), target="number"),
    "bayesian ridge": Case(lambda: scaled(linear_model.BayesianRidge()), target="number"),
    "huber": Case(lambda: scaled(linear_model.HuberRegressor()), target="number"),
    "quantile regression": Case(
        lambda: scaled(linear_model.QuantileRegressor(alpha=0.01)), target="number"
    ),
    "poisson": Case(lambda: scaled(linear_model.PoissonRegressor()), target="positive"),
    "gamma": Case(lambda: scaled(linear_model.GammaRegressor()), target="positive"),
    "tweedie": Case(lambda: scaled(linear_model.TweedieRegressor(power=1.5)), target="positive"),
    "partial least squares": Case(lambda: cross_decomposition.PLSRegression(2), target="number"),
    "linear support vector regression": Case(
        lambda: scaled(svm.LinearSVR(random_state=0, max_iter=5000)), target="number"
    ),
}

TREES = {
    "decision tree": Case(lambda: tree.DecisionTreeClassifier(random_state=0)),
    "decision tree with gaps": Case(lambda: tree.DecisionTreeClassifier(random_state=0), "gaps"),
    "decision tree regression": Case(
        lambda: tree.DecisionTreeRegressor(random_state=0), "gaps", "number"
    ),
    "extra tree": Case(lambda: tree.ExtraTreeClassifier(random_state=0)),
    "random forest": Case(lambda: ensemble.RandomForestClassifier(20, random_state=0)),
    "random forest with gaps": Case(
        lambda: ensemble.RandomForestClassifier(20, random_state=0), "gaps"
    ),
    "random forest regression with gaps": Case(
        lambda: ensemble.RandomForestRegressor(20, random_state=0), "gaps", "number"
    ),
    "extra trees": Case(lambda: ensemble.ExtraTreesClassifier(20, random_state=0)),
    "gradient boosting": Case(lambda: ensemble.GradientBoostingClassifier(n_estimators=10)),
    "gradient boosting of two": Case(
        lambda: ensemble.GradientBoostingClassifier(n_estimators=10), target="two"
    ),
    "gradient boosting, exponential": Case(
        lambda: ensemble.GradientBoostingClassifier(loss="exponential", n_estimators=10),
        target="two",
    ),
    "gradient boosting regression": Case(
        lambda: ensemble.GradientBoostingRegressor(n_estimators=20), target="number"
    ),
    "histogram boosting": Case(
        lambda: ensemble.HistGradientBoostingClassifier(max_iter=10, min_samples_leaf=5), "gaps"
    ),
    "histogram boosting of two": Case(
        lambda: ensemble.HistGradientBoostingClassifier(max_iter=10), "gaps", "two"
    ),
    "histogram boosting regression": Case(
        lambda: ensemble.HistGradientBoostingRegressor(max_iter=20), "gaps", "number"
    ),
    "histogram boosting, poisson": Case(
        lambda: ensemble.HistGradientBoostingRegressor(loss="poisson", max_iter=10),
        "gaps",
        "positive",
    ),
    "histogram boosting, native categories": Case(
        lambda: ensemble.HistGradientBoostingClassifier(
            max_iter=10, min_samples_leaf=5, categorical_features=[*WORDS]
        ),
        "mixed",
    ),
    "histogram boosting, ordinal categories": Case(
        lambda: mixed(
            ensemble.HistGradientBoostingRegressor(max_iter=10, categorical_features=[0, 1, 2]),
            preprocessing.OrdinalEncoder(
                handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1
            ),
        ),
        "mixed",
        "number",
    ),
}

OTHERS = {
    "support vectors": Case(lambda: scaled(svm.SVC())),
    "support vectors of two": Case(lambda: scaled(svm.SVC()), target="two"),
    "support vectors, polynomial": Case(lambda: scaled(svm.SVC(kernel="poly", coef0=1.0))),
    "support vectors, ties broken": Case(lambda: scaled(svm.SVC(kernel="linear", break_ties=True))),
    "nu support vectors": Case(lambda: scaled(svm.NuSVC(nu=0.2, kernel="sigmoid"))),
    "support vector regression": Case(lambda: scaled(svm.SVR()), target="number"),
    "kernel ridge": Case(lambda: scaled(kernel_ridge.KernelRidge(kernel="rbf")), target="number"),
    "nearest neighbours": Case(lambda: scaled(neighbors.KNeighborsClassifier())),
    "nearest neighbours by distance": Case(
        lambda: scaled(neighbors.KNeighborsRegressor(weights="distance", p=1)), target="number"
    ),
    "gaussian naive bayes": Case(lambda: naive_bayes.GaussianNB()),
    "bernoulli naive bayes": Case(lambda: scaled(naive_bayes.BernoulliNB())),
    "multinomial naive bayes": Case(
        lambda: make_pipeline(preprocessing.MinMaxScaler(clip=True), naive_bayes.MultinomialNB())
    ),
    "complement naive bayes": Case(
        lambda: make_pipeline(preprocessing.MinMaxScaler(clip=True), naive_bayes.ComplementNB())
    ),
    "quadratic discriminant": Case(
        lambda: scaled(discriminant_analysis.QuadraticDiscriminantAnalysis())
    ),
    "perceptron of layers": Case(
        lambda: scaled(neural_network.MLPClassifier((8, 5), max_iter=40, random_state=0))
    ),
    "perceptron of layers, two": Case(
        lambda: scaled(
            neural_network.MLPClassifier((6,), activation="tanh", max_iter=40, random_state=0)
        ),
        target="two",
    ),
    "perceptron of layers, regression": Case(
        lambda: scaled(
            neural_network.MLPRegressor(
                hidden_layer_sizes=(6,), activation="logistic", max_iter=40, random_state=0
            )
        ),
        target="number",
    ),
    "dummy": Case(lambda: dummy.DummyClassifier()),
    "dummy median": Case(lambda: dummy.DummyRegressor(strategy="median"), target="number"),
}
