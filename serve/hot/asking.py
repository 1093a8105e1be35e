"""From a body to its rows, and from those to what they gave."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from serve.answering.batching import Share
from serve.answering.predicting import check_count, rows_of
from serve.answering.rows import Values
from serve.answering.scoring import Scoring
from serve.bodies.body import decode, to_object
from serve.hot.matching import Kind
from serve.live import LiveModel


@dataclass(frozen=True, slots=True)
class Question:
    """The rows of a body: decoded by the version's own decoder, or else as JSON has them."""

    values: list[Values] | None
    rows: Sequence[object]

    def ask(self, scoring: Scoring, live: LiveModel, *, isolate: bool) -> Awaitable[Share]:
        """Return what the rows gave.

        Raises:
            OverloadedError: if too many rows wait already.
            ScoringError: if the model fails.
        """
        if self.values is not None:
            return scoring.ask(live, self.values, isolate=isolate)
        return scoring.share(live, self.rows, isolate=isolate)

    def inputs(self, names: Sequence[str]) -> Sequence[object]:
        """Return the rows as they were sent, for the log."""
        if self.values is None:
            return self.rows
        return [dict(zip(names, row, strict=True)) for row in self.values]


def read(kind: Kind, live: LiveModel, body: bytes, most_rows: int) -> Question:
    """Return the rows of a body.

    Raises:
        MalformedBodyError: if it is not JSON.
        InvalidInputError: if it has another form, or too many rows.
    """
    if kind == "batch":
        many = live.decoder.many(body)
        if many is None:
            return Question(None, rows_of(decode(body), most_rows))
        check_count(len(many), most_rows)
        return Question(many, ())
    one = live.decoder.one(body)
    if one is None:
        return Question(None, [to_object(decode(body))])
    return Question([one], ())
