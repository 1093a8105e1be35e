"""What is found out about a request on its way, for its log line and the metrics."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import islice

from headgate.scoring.answers import Scored
from serve.live import LiveModel
from serve.telemetry.inputs import MOST_ROWS


@dataclass(slots=True)
class Note:
    """Filled by whoever knows; only names of ours, never what a client invented."""

    caller: str = ""
    model: str = ""
    version: str = ""
    prediction_id: str | None = None
    labels: Sequence[str] = ()
    n_rows: int = 0
    predict_seconds: float | None = None
    inputs: Sequence[object] | None = None

    def asked(self, live: LiveModel) -> None:
        """Note which version is asked."""
        self.model, self.version = live.model, live.version

    def scored(self, scored: Scored, seconds: float) -> None:
        """Note what it answered, and how long that took."""
        self.labels, self.n_rows, self.predict_seconds = labels_of(scored), scored.n_rows, seconds


_NOTE: ContextVar[Note | None] = ContextVar("note", default=None)


@contextmanager
def noting() -> Iterator[Note]:
    """Collect what is noted inside, also by threads that it starts."""
    note = Note()
    token = _NOTE.set(note)
    try:
        yield note
    finally:
        _NOTE.reset(token)


def current_note() -> Note:
    """Return the note of this request; outside of one, a note nobody reads."""
    return _NOTE.get() or Note()


def first_rows(columns: Mapping[str, Sequence[object]]) -> list[dict[str, object]]:
    """Return as many rows of whole columns as are ever logged."""
    rows = islice(zip(*columns.values(), strict=True), MOST_ROWS)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def labels_of(scored: Scored) -> list[str]:
    """Return the label of every answered row, empty for a regression; none where it abstained."""
    if scored.class_index is None:
        return [""] * len(scored.predictions)
    chosen = zip(scored.class_index.tolist(), scored.predictions, strict=True)
    return [scored.labels[index] for index, prediction in chosen if prediction is not None]
