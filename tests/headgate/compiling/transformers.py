"""Transformers by name, each to be equalled by a plan."""

import numpy as np
from sklearn import (
    compose,
    decomposition,
    discriminant_analysis,
    ensemble,
    feature_selection,
    impute,
    kernel_approximation,
    linear_model,
    naive_bayes,
    preprocessing,
    random_projection,
)
from sklearn.feature_extraction import text
from sklearn.pipeline import FeatureUnion, make_pipeline

from tests.headgate.compiling.material import FLAG
from tests.headgate.compiling.pieces import (
    Case,
    encoded,
    filled,
    logistic,
    mixed,
    read,
    small_tree,
    through,
)

TRANSFORMERS = {
    "min-max": Case(lambda: make_pipeline(preprocessing.MinMaxScaler(), logistic())),
    "max-abs": Case(lambda: make_pipeline(preprocessing.MaxAbsScaler(), logistic())),
    "robust": Case(lambda: make_pipeline(preprocessing.RobustScaler(), logistic())),
    "normalizer": Case(lambda: through(preprocessing.Normalizer())),
    "normalizer, largest": Case(lambda: through(preprocessing.Normalizer("max"))),
    "binarizer": Case(lambda: through(preprocessing.Binarizer(threshold=0.2))),
    "bins, one-hot": Case(
        lambda: through(preprocessing.KBinsDiscretizer(4, quantile_method="averaged_inverted_cdf"))
    ),
    "bins, ordinal": Case(
        lambda: through(preprocessing.KBinsDiscretizer(5, encode="ordinal", strategy="uniform"))
    ),
    "polynomial": Case(lambda: through(preprocessing.PolynomialFeatures(3, include_bias=False))),
    "interactions": Case(
        lambda: through(preprocessing.PolynomialFeatures(2, interaction_only=True))
    ),
    "yeo-johnson": Case(lambda: through(preprocessing.PowerTransformer())),
    "quantiles, uniform": Case(lambda: through(preprocessing.QuantileTransformer(n_quantiles=50))),
    "quantiles, normal": Case(
        lambda: through(
            preprocessing.QuantileTransformer(n_quantiles=50, output_distribution="normal")
        )
    ),
    "splines": Case(lambda: through(preprocessing.SplineTransformer())),
    "splines, continued": Case(
        lambda: through(preprocessing.SplineTransformer(extrapolation="continue", degree=2))
    ),
    "logarithm": Case(
        lambda: make_pipeline(
            compose.ColumnTransformer(
                [("log", preprocessing.FunctionTransformer(np.log1p), ["skewed"])],
                remainder=preprocessing.StandardScaler(),
            ),
            logistic(),
        )
    ),
    "principal components": Case(lambda: through(decomposition.PCA(3, whiten=True))),
    "singular values": Case(lambda: through(decomposition.TruncatedSVD(2))),
    "independent components": Case(
        lambda: through(decomposition.FastICA(2, random_state=0, max_iter=1000))
    ),
    "random projection": Case(
        lambda: through(random_projection.GaussianRandomProjection(3, random_state=0))
    ),
    "discriminant as transformer": Case(
        lambda: through(discriminant_analysis.LinearDiscriminantAnalysis(n_components=2))
    ),
    "nystroem": Case(
        lambda: through(kernel_approximation.Nystroem(n_components=20, random_state=0))
    ),
    "random waves": Case(
        lambda: through(kernel_approximation.RBFSampler(n_components=20, random_state=0))
    ),
    "variance threshold": Case(lambda: through(feature_selection.VarianceThreshold())),
    "the best": Case(lambda: through(feature_selection.SelectKBest(k=2))),
    "from a model": Case(
        lambda: through(feature_selection.SelectFromModel(small_tree(), threshold="mean"))
    ),
    "recursive elimination": Case(
        lambda: through(feature_selection.RFE(logistic(), n_features_to_select=2))
    ),
    "union": Case(
        lambda: through(
            FeatureUnion(
                [("a", decomposition.PCA(2)), ("b", preprocessing.PolynomialFeatures(2))],
                transformer_weights={"a": 3.0},
            )
        )
    ),
    "mean imputer": Case(lambda: make_pipeline(filled(), logistic()), "gaps"),
    "median imputer with indicator": Case(
        lambda: make_pipeline(filled(strategy="median", add_indicator=True), logistic()), "gaps"
    ),
    "constant imputer": Case(
        lambda: make_pipeline(filled(strategy="constant", fill_value=-1), logistic()), "gaps"
    ),
    "missing indicator": Case(
        lambda: make_pipeline(
            FeatureUnion([("a", filled()), ("b", impute.MissingIndicator())]), logistic()
        ),
        "gaps",
    ),
}

ENCODERS = {
    "one-hot": Case(lambda: encoded(), "mixed"),
    "one-hot, first dropped": Case(lambda: encoded(drop="first"), "mixed", "two"),
    "one-hot, infrequent": Case(
        lambda: encoded(handle_unknown="infrequent_if_exist", min_frequency=30), "mixed"
    ),
    "one-hot of booleans": Case(
        lambda: make_pipeline(
            compose.ColumnTransformer(
                [("a", preprocessing.OneHotEncoder(drop="if_binary"), [FLAG])],
                remainder="drop",
            ),
            logistic(),
        ),
        "mixed",
    ),
    "one-hot of whole numbers": Case(
        lambda: make_pipeline(
            compose.ColumnTransformer(
                [("a", preprocessing.OneHotEncoder(handle_unknown="ignore"), ["count"])]
            ),
            logistic(),
        ),
    ),
    "one-hot and trees": Case(
        lambda: mixed(
            ensemble.HistGradientBoostingClassifier(max_iter=10),
            preprocessing.OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            filled(),
        ),
        "mixed",
        "two",
    ),
    "filled words, one-hot": Case(
        lambda: mixed(
            logistic(),
            make_pipeline(
                impute.SimpleImputer(strategy="most_frequent"),
                preprocessing.OneHotEncoder(handle_unknown="ignore"),
            ),
            filled(),
        ),
        "mixed",
    ),
    "filled with a word, ordinal": Case(
        lambda: mixed(
            ensemble.RandomForestClassifier(10, random_state=0),
            make_pipeline(
                impute.SimpleImputer(strategy="constant", fill_value="none"),
                preprocessing.OrdinalEncoder(
                    handle_unknown="use_encoded_value", unknown_value=np.nan
                ),
            ),
        ),
        "mixed",
    ),
    "target encoder": Case(
        lambda: mixed(logistic(), preprocessing.TargetEncoder(random_state=0), filled()),
        "mixed",
        "two",
    ),
    "target encoder of three": Case(
        lambda: mixed(logistic(), preprocessing.TargetEncoder(random_state=0), filled()),
        "mixed",
    ),
    "target encoder, regression": Case(
        lambda: mixed(linear_model.Ridge(), preprocessing.TargetEncoder(random_state=0), filled()),
        "mixed",
        "number",
    ),
}

TEXTS = {
    "tf-idf": Case(lambda: read(text.TfidfVectorizer()), "text"),
    "tf-idf, pairs, sublinear": Case(
        lambda: read(text.TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)), "text", "two"
    ),
    "tf-idf, plain accents": Case(
        lambda: read(text.TfidfVectorizer(strip_accents="unicode", norm="l1")), "text"
    ),
    "tf-idf, ascii, upper case": Case(
        lambda: read(text.TfidfVectorizer(strip_accents="ascii", lowercase=False, use_idf=False)),
        "text",
    ),
    "tf-idf, characters": Case(
        lambda: read(text.TfidfVectorizer(analyzer="char", ngram_range=(2, 3))), "text"
    ),
    "tf-idf, characters of words": Case(
        lambda: read(text.TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5))), "text"
    ),
    "tf-idf, own pattern": Case(
        lambda: read(text.TfidfVectorizer(token_pattern=r"[\w']+", stop_words=["good"])), "text"
    ),
    "counts": Case(lambda: read(text.CountVectorizer(), naive_bayes.MultinomialNB()), "text"),
    "counts, binary, stop words": Case(
        lambda: read(text.CountVectorizer(binary=True, stop_words="english")), "text"
    ),
    "counts, weighed later": Case(
        lambda: read(make_pipeline(text.CountVectorizer(), text.TfidfTransformer())), "text"
    ),
    "counts, reduced": Case(
        lambda: read(make_pipeline(text.TfidfVectorizer(), decomposition.TruncatedSVD(4))), "text"
    ),
    "counts, chosen": Case(
        lambda: read(
            make_pipeline(text.CountVectorizer(), feature_selection.SelectKBest(k=6)),
            ensemble.RandomForestClassifier(10, random_state=0),
        ),
        "text",
    ),
}
