"""Scores the rows of several callers as one batch, and tells each only what its own rows gave."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain
from time import perf_counter

from headgate.scoring.answers import Answer, RowError, Scored, ScoringError
from serve.answering.rows import Values
from serve.live import LiveModel


@dataclass(frozen=True, slots=True)
class Asked:
    """The rows of one caller; with ``isolate`` a row the model fails on is refused by itself."""

    rows: Sequence[Values]
    isolate: bool = False


@dataclass(frozen=True)
class Batch:
    """Rows that were scored together, and how long that took."""

    scored: Scored
    predict_seconds: float

    @cached_property
    def answers(self) -> list[Answer | RowError]:
        """One answer or error per row, worked out once for all callers."""
        return self.scored.answers()


@dataclass(frozen=True, slots=True)
class Share:
    """What one caller's rows gave: ``n_rows`` of a batch from ``start`` on."""

    batch: Batch
    start: int
    n_rows: int

    @property
    def scored(self) -> Scored:
        return self.batch.scored.part(self.start, self.n_rows)

    @property
    def answers(self) -> list[Answer | RowError]:
        return self.batch.answers[self.start : self.start + self.n_rows]


def score_together(live: LiveModel, asked: Sequence[Asked]) -> list[Share | ScoringError]:
    """Score all rows at once; a model that fails on one caller's rows fails for nobody else.

    The batch is halved until the callers are found, so that each gets what it would get alone.
    """
    try:
        batch = _score(live, asked)
    except ScoringError as err:
        if len(asked) == 1:
            return [err]
        middle = len(asked) // 2
        return score_together(live, asked[:middle]) + score_together(live, asked[middle:])
    starts = accumulate((len(caller.rows) for caller in asked), initial=0)
    return [
        Share(batch, start, len(caller.rows)) for caller, start in zip(asked, starts, strict=False)
    ]


def _score(live: LiveModel, asked: Sequence[Asked]) -> Batch:
    started = perf_counter()
    rows = asked[0].rows if len(asked) == 1 else list(chain.from_iterable(a.rows for a in asked))
    columns = dict(zip(live.names, zip(*rows, strict=True), strict=True))
    isolate = len(asked) == 1 and asked[0].isolate
    scored = live.scorer.score_columns(columns, len(rows), isolate=isolate)
    if live.shadow is not None:
        live.shadow.offer(columns, len(rows), scored)
    return Batch(scored, perf_counter() - started)
