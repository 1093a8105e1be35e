"""Plans of text vectorisers."""

from typing import Any

from sklearn.feature_extraction import text

from headgate.compiled.steps import CountTerms, Normalize, WeighTerms
from headgate.compiling.builder import Builder, Node, Raw, Transformer, Value, refuse
from headgate.contract import CategoryColumn, TextColumn


def _counted(build: Builder, model: Any, X: Value) -> Node:
    for name in ("tokenizer", "preprocessor"):
        if getattr(model, name) is not None:
            raise refuse(model, f"a {name} of one's own")
    if callable(model.analyzer) or model.input != "content" or callable(model.strip_accents):
        raise refuse(model, "an analyzer, input or strip_accents of one's own")
    terms = sorted(model.vocabulary_, key=model.vocabulary_.__getitem__)
    step = CountTerms(
        column=_column(model, X),
        terms=tuple(terms),
        analyzer=model.analyzer,
        pattern=model.token_pattern or "",
        lowercase=model.lowercase,
        accents=model.strip_accents,
        stop_words=tuple(sorted(model.get_stop_words() or ())),
        ngrams=model.ngram_range,
        binary=model.binary,
    )
    return build.add(step, len(terms), sparse=True)


def _column(model: Any, X: Value) -> str:
    if isinstance(X, Raw) and X.width == 1 and isinstance(X.columns[0].column, TextColumn):
        return X.columns[0].column.name
    if isinstance(X, Raw) and X.width == 1 and isinstance(X.columns[0].column, CategoryColumn):
        one = X.columns[0].column
        if not one.optional:
            return one.name
    raise refuse(model, "anything but one text column")


def _weighed(build: Builder, model: Any, X: Value) -> Node:
    node = build.numbers(X)
    if not node.sparse:
        raise refuse(model, "numbers that are no counts of terms")
    idf = build.store(model.idf_) if model.use_idf else None
    step = WeighTerms(inputs=(node.step,), sublinear=model.sublinear_tf, idf=idf)
    weighed = build.add(step, node.width, sparse=True)
    if model.norm is None:
        return weighed
    return build.add(Normalize(inputs=(weighed.step,), norm=model.norm), node.width, sparse=True)


def _tfidf(build: Builder, model: Any, X: Value) -> Node:
    return _weighed(build, model._tfidf, _counted(build, model, X))


TRANSFORMERS: dict[type, Transformer] = {
    text.CountVectorizer: _counted,
    text.TfidfVectorizer: _tfidf,
    text.TfidfTransformer: _weighed,
}
