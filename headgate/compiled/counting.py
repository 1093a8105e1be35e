"""How often each known term stands in texts, by dictionary or, for long texts, by numbers."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Self

import numpy as np

from headgate.compiled.terms import Reading, TermsOf
from headgate.compiled.values import Indices, Matrix

# Patterns of letters and borders only: no word they find holds a blank.
PLAIN_PATTERN = re.compile(r"(?:\(\?u\)|\\b|\\w|\+|\{\d+,?\d*\})+")
# From so many words on, numpy's fixed cost is worth paying.
MANY_WORDS = 64

Counted = tuple[Indices, Indices, Matrix]
Count = Callable[[Sequence[str]], Counted]


def counter(terms: Sequence[str], reading: Reading) -> Count:
    """Return the function from texts to (row, term, count), sorted by row and term."""
    place_of, terms_of = {term: i for i, term in enumerate(terms)}, reading.terms()
    pairs = WordPairs.of(terms, reading)
    if pairs is None:
        return lambda texts: _by_dictionary(place_of, terms_of, texts)
    words_of = reading.words()

    def count(texts: Sequence[str]) -> Counted:
        words = [words_of(text) for text in texts]
        if sum(map(len, words)) >= MANY_WORDS:
            return pairs.count(words)
        return _by_dictionary(place_of, terms_of, texts)

    return count


def _by_dictionary(place_of: dict[str, int], terms_of: TermsOf, texts: Sequence[str]) -> Counted:
    rows: list[int] = []
    places: list[int] = []
    counts: list[int] = []
    for row, text in enumerate(texts):
        found = Counter(map(place_of.get, terms_of(text)))
        for place, n in sorted((place, n) for place, n in found.items() if place is not None):
            rows.append(row)
            places.append(place)
            counts.append(n)
    at = np.array(rows, dtype=np.intp), np.array(places, dtype=np.intp)
    return (*at, np.array(counts, dtype=np.float64))


@dataclass(frozen=True, slots=True)
class WordPairs:
    """Known words and pairs of words as numbers.

    Word 0 is one nobody knows. ``single`` has for each word its term or -1; ``codes`` are the
    known pairs, sorted, as ``first * n_words + second``, and ``terms`` their terms.
    """

    numbers: dict[str, int]
    single: Indices
    codes: Indices
    terms: Indices
    width: int

    @classmethod
    def of(cls, terms: Sequence[str], reading: Reading) -> Self | None:
        """Return the numbers of a vocabulary, None where terms are more than pairs of words."""
        plain = reading.analyzer == "word" and PLAIN_PATTERN.fullmatch(reading.pattern)
        split = [term.split(" ") for term in terms]
        if (
            not plain
            or reading.ngrams not in ((1, 1), (1, 2))
            or max(map(len, split), default=0) > 2
        ):
            return None
        words = dict.fromkeys(chain.from_iterable(split))
        numbers = {word: i for i, word in enumerate(words, start=1)}
        single = np.full(len(numbers) + 1, -1, dtype=np.intp)
        codes: dict[int, int] = {}
        for place, parts in enumerate(split):
            if len(parts) == 1:
                single[numbers[parts[0]]] = place
            else:
                codes[numbers[parts[0]] * len(single) + numbers[parts[1]]] = place
        ordered = sorted(codes)
        return cls(
            numbers=numbers,
            single=single,
            codes=np.array(ordered, dtype=np.intp),
            terms=np.array([codes[code] for code in ordered], dtype=np.intp),
            width=len(terms),
        )

    def count(self, texts: Sequence[Sequence[str]]) -> Counted:
        """Count words and pairs of neighbours; ``texts`` are lists of words."""
        get = self.numbers.get
        # Each text ends with a word nobody knows, so that no pair reaches into the next.
        numbers = [[*(get(word, 0) for word in words), 0] for words in texts]
        found = np.array([*chain.from_iterable(numbers)], dtype=np.intp)
        row = np.repeat(np.arange(len(texts)), [len(words) + 1 for words in texts])
        alone = self.single[found]
        keys = row[alone >= 0] * self.width + alone[alone >= 0]
        if len(self.codes):
            together, at = self._pairs(found)
            keys = np.concatenate([keys, row[at] * self.width + together])
        keys, counts = np.unique(keys, return_counts=True)
        return keys // self.width, keys % self.width, counts.astype(np.float64)

    def _pairs(self, found: Indices) -> tuple[Indices, Indices]:
        """Return the terms of known pairs, and where their first words stand."""
        asked = found[:-1] * len(self.single) + found[1:]
        at = np.minimum(np.searchsorted(self.codes, asked), len(self.codes) - 1)
        known = np.flatnonzero(self.codes[at] == asked)
        return self.terms[at[known]], known
