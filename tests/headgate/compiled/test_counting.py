from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from headgate.compiled.counting import MANY_WORDS, counter
from headgate.compiled.terms import Reading

PIECES = (
    "good", "it's", "isn't", "naïve", "ÉCOLE", "ﬁne", "İstanbul", "日本語", "x_y", "0.5", "a", " ",
    "\t", "  ", "\u00a0", "ǅ", "e\u0301", "don't", "ß", "-",
)  # fmt: skip
TEXTS = st.lists(
    st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map(" ".join),
    min_size=1,
    max_size=6,
)
VECTORIZERS = {
    "words": CountVectorizer(),
    "pairs": CountVectorizer(ngram_range=(1, 2)),
    "pairs alone": CountVectorizer(ngram_range=(2, 2)),
    "threes": CountVectorizer(ngram_range=(1, 3)),
    "one letter": CountVectorizer(token_pattern=r"(?u)\b\w+\b", ngram_range=(1, 2)),
    "apostrophes": CountVectorizer(token_pattern=r"[\w']+", ngram_range=(1, 2)),
    "blanks in words": CountVectorizer(token_pattern=r"\w \w|\w+", ngram_range=(1, 2)),
    "one group": CountVectorizer(token_pattern=r"(\w)\w*"),
    "as written": CountVectorizer(lowercase=False),
    "plain": CountVectorizer(strip_accents="unicode"),
    "ascii": CountVectorizer(strip_accents="ascii", lowercase=False),
    "stop words": CountVectorizer(stop_words=["good", "0"], ngram_range=(1, 2)),
    "characters": CountVectorizer(analyzer="char", ngram_range=(1, 3)),
    "characters of words": CountVectorizer(analyzer="char_wb", ngram_range=(2, 5)),
}


def counted(vectorizer: CountVectorizer, texts: Sequence[str]) -> np.ndarray:
    terms = sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__)
    reading = Reading(
        analyzer=vectorizer.analyzer,
        pattern=vectorizer.token_pattern,
        lowercase=vectorizer.lowercase,
        accents=vectorizer.strip_accents,
        stop_words=frozenset(vectorizer.get_stop_words() or ()),
        ngrams=vectorizer.ngram_range,
    )
    rows, places, counts = counter(terms, reading)(texts)
    full = np.zeros((len(texts), len(terms)))
    full[rows, places] = counts
    return full


@pytest.mark.parametrize("name", VECTORIZERS)
@settings(max_examples=40, deadline=None)
@given(fitted=TEXTS, asked=TEXTS)
def test_terms_are_counted_as_the_vectoriser_counts_them(
    name: str, fitted: list[str], asked: list[str]
) -> None:
    vectorizer = VECTORIZERS[name].fit([*fitted, "good day my friend"])

    found = counted(vectorizer, asked)

    np.testing.assert_array_equal(found, vectorizer.transform(asked).toarray())


def test_long_texts_are_counted_as_short_ones() -> None:
    words = [f"w{i % 7} w{i % 11}" for i in range(MANY_WORDS)]
    texts = [" ".join(words), "", "w1 w2 unseen w1 w2", " ".join(words[::-1])]
    vectorizer = CountVectorizer(ngram_range=(1, 2)).fit([*words, "w1 w2"])

    together = counted(vectorizer, texts)

    np.testing.assert_array_equal(together, vectorizer.transform(texts).toarray())
    for text, row in zip(texts, together, strict=True):
        np.testing.assert_array_equal(counted(vectorizer, [text])[0], row)
