"""Steps from text to weighted terms, with the vectoriser's own idea of what a term is."""

from collections.abc import Sequence
from typing import Literal, cast

import numpy as np

from headgate.compiled.archive import Arrays
from headgate.compiled.counting import counter
from headgate.compiled.step import Kernel, Step, optional
from headgate.compiled.terms import Accents, Analyzer, Reading
from headgate.compiled.values import Batch, PlanError, Sparse, Value


class CountTerms(Step):
    """How often each known term stands in a text column, (n, terms) and sparse.

    ``terms`` are in the order of the columns made. ``pattern`` finds the words; a missing text is
    the empty one. With ``binary`` a term counts once.
    """

    kind: Literal["count_terms"] = "count_terms"
    column: str
    terms: tuple[str, ...]
    analyzer: Analyzer = "word"
    pattern: str = ""
    lowercase: bool = True
    accents: Accents | None = None
    stop_words: tuple[str, ...] = ()
    ngrams: tuple[int, int] = (1, 1)
    binary: bool = False

    def kernel(self, arrays: Arrays) -> Kernel:  # noqa: ARG002
        reading = Reading(
            analyzer=self.analyzer,
            pattern=self.pattern,
            lowercase=self.lowercase,
            accents=self.accents,
            stop_words=frozenset(self.stop_words),
            ngrams=self.ngrams,
        )
        name, width, count = self.column, len(self.terms), counter(self.terms, reading)

        def count_terms(batch: Batch) -> Value:
            texts = cast(Sequence[str | None], batch.columns[name])
            rows, places, counts = count([text or "" for text in texts])
            if self.binary:
                counts = np.ones(len(counts))
            return Sparse(rows, places, counts, batch.n_rows, width)

        return count_terms


class WeighTerms(Step):
    """Counts to weights: ``1 + log(count)`` if sublinear, times the array ``idf``."""

    kind: Literal["weigh_terms"] = "weigh_terms"
    sublinear: bool = False
    idf: str | None = None

    def kernel(self, arrays: Arrays) -> Kernel:
        (at,), sublinear, idf = self.inputs, self.sublinear, optional(arrays, self.idf)

        def weigh_terms(batch: Batch) -> Value:
            value = batch.done[at]
            if not isinstance(value, Sparse):
                raise PlanError("Only terms of a text can be weighed.")
            data = np.log(value.data) + 1.0 if sublinear else value.data
            return value.with_data(data if idf is None else data * idf[value.columns])

        return weigh_terms
