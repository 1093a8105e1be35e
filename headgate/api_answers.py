"""What the HTTP service answers, as `headgate.Client` hands it on.

A newer service may say more: what is not declared here is kept, and nothing is refused for it.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

Value = str | bool | int | float
RunWord = Literal[
    "queued", "running", "waiting", "retrying", "completed", "failed", "cancelled", "lost"
]


class Received(BaseModel):
    """An answer as it came."""

    model_config = ConfigDict(frozen=True, extra="allow")

    def document(self) -> dict[str, JsonValue]:
        """Return the JSON object that was received."""
        found: dict[str, JsonValue] = self.model_dump(mode="json", exclude_unset=True)
        return found


class Prediction(Received):
    """The answer to one row; what a regression has nothing to say about is None.

    ``contributions`` and their ``baseline`` are there when they were asked for.
    """

    model: str
    version: str
    prediction_id: str
    prediction: Value | None
    label: str | None = None
    predicted_class: int | None = None
    confidence: float | None = None
    is_confident: bool | None = None
    probabilities: dict[str, float] | None = None
    interval: dict[str, float] | None = None
    flags: tuple[str, ...] = ()
    latency_ms: float
    contributions: dict[str, float] | None = None
    baseline: float | None = None


class Problem(Received):
    """One wrong field of a row."""

    field: str
    problem: str


class RefusedRow(Received):
    """Stands in a batch in the place of a row that does not fit the contract."""

    error: str
    fields: tuple[Problem, ...]


class Batch(Received):
    """One answer or refusal per row, in the order of the rows."""

    model: str
    version: str
    predictions: tuple[Prediction | RefusedRow, ...]


class Accepted(Received):
    """A batch inference that was accepted."""

    run_id: str
    status: RunWord
    reason: str = ""


class RunState(Received):
    """How a run is; ``reason`` says why it waits or failed, the counts are rows."""

    run_id: str
    status: RunWord
    reason: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    n_done: int = 0
    n_total: int | None = None


class ScoredRow(Received):
    """The answer to one row of a batch inference, counted from 0."""

    row_id: int
    prediction: Value | None
    confidence: float | None = None
    probabilities: dict[str, float] | None = None
    flags: tuple[str, ...] = ()


class RejectedRow(Received):
    """A row of a batch inference that got no answer, and why."""

    row_id: int
    reasons: tuple[str, ...]


class InferResult(Received):
    """What a batch inference answered; the rows of a large one are only in its ``parts``."""

    run_id: str
    model: str
    version: str
    n_rows_in: int
    n_rows_out: int
    n_rows_rejected: int
    inlined: bool = True
    predictions: tuple[ScoredRow, ...] = ()
    rejected: tuple[RejectedRow, ...] = ()
    output_uri: str = ""
    parts: tuple[str, ...] = ()


class SeenEntry(Received):
    """The newest ledger entry that a service has followed."""

    seq: int
    sha256: str


class ModelInfo(Received):
    """A model: the version that answers, and a row it takes.

    ``problem`` is why another version answers than ``entry`` says, or None.
    """

    model: str
    version: str | None
    entry: SeenEntry | None = None
    problem: str | None = None
    example: dict[str, JsonValue] | None = None
