"""What a vectoriser takes for the terms of a text: words, phrases or runs of characters."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Analyzer = Literal["word", "char", "char_wb"]
Accents = Literal["ascii", "unicode"]
TermsOf = Callable[[str], list[str]]

BLANKS = re.compile(r"\s\s+")


@dataclass(frozen=True, slots=True)
class Reading:
    """How texts are read. ``pattern`` finds words; ``ngrams`` is the least and the most."""

    analyzer: Analyzer
    pattern: str
    lowercase: bool
    accents: Accents | None
    stop_words: frozenset[str]
    ngrams: tuple[int, int]

    def terms(self) -> TermsOf:
        """Return the function that lists the terms of a text, repeated ones too."""
        if self.analyzer == "char":
            split: TermsOf = self._characters
        elif self.analyzer == "char_wb":
            split = self._characters_of_words
        else:
            words, ngrams = self.words(), self.ngrams
            return words if ngrams == (1, 1) else lambda text: phrases(words(text), ngrams)
        prepare = self.prepare()
        return lambda text: split(prepare(text))

    def words(self) -> TermsOf:
        """Return the function that lists the words of a text, without stop words."""
        find, prepare, stop = re.compile(self.pattern).findall, self.prepare(), self.stop_words
        if stop:
            return lambda text: [word for word in find(prepare(text)) if word not in stop]
        return lambda text: find(prepare(text))

    def prepare(self) -> Callable[[str], str]:
        """Return what is done to a text before it is split."""
        strip = {"ascii": _ascii, "unicode": _without_accents}.get(self.accents or "")
        if strip is None:
            return str.lower if self.lowercase else str
        if not self.lowercase:
            return strip
        return lambda text: strip(text.lower())

    def _characters(self, text: str) -> list[str]:
        text = BLANKS.sub(" ", text)
        least, most = self.ngrams
        return [
            text[i : i + n]
            for n in range(least, min(most, len(text)) + 1)
            for i in range(len(text) - n + 1)
        ]

    def _characters_of_words(self, text: str) -> list[str]:
        least, most = self.ngrams
        terms: list[str] = []
        for word in BLANKS.sub(" ", text).split():
            padded = f" {word} "
            for n in range(least, most + 1):
                if n >= len(padded):
                    # A short word counts once, whole.
                    terms.append(padded)
                    break
                terms += [padded[i : i + n] for i in range(len(padded) - n + 1)]
        return terms


def phrases(words: list[str], ngrams: tuple[int, int]) -> list[str]:
    """Return all runs of neighbouring words of the lengths asked for, joined by a blank.

    >>> phrases(["not", "so", "bad"], (1, 2))
    ['not', 'so', 'bad', 'not so', 'so bad']
    """
    least, most = ngrams
    found: list[str] = []
    for n in range(least, most + 1):
        shifted = [words[i:] for i in range(n)]
        found += words if n == 1 else map(" ".join, zip(*shifted, strict=False))
    return found


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFKD", text)
    return "".join(part for part in parts if not unicodedata.combining(part))


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
