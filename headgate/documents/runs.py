"""What is stored about one piece of work: request, plan, attempts, outcome, parts, result."""

from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from headgate.documents.base import Document, Frozen
from headgate.documents.version import StoredFile

OutcomeKind = Literal["completed", "failed", "cancelled"]
Priority = Literal["high", "low"]


class InferBody(Frozen):
    """What a caller asks of ``POST /infer``: inline rows or an input URI, never both."""

    model: str
    instances: tuple[dict[str, JsonValue], ...] | None = None
    input_uri: str | None = None
    output_uri: str | None = None
    version: str | None = None
    run_id: str | None = None
    priority: Priority = "low"


class Request(Document):
    """An accepted request. The stored request is the truth; a flow run is made from it."""

    schema_version: Literal[1] = 1
    run_id: str
    flow: str
    body: dict[str, JsonValue]
    body_sha256: str
    caller: str
    priority: Priority = "low"
    accepted_at: datetime
    nonce: str


class Attempt(Document):
    """One try at a run; the next number is won by put-if-absent."""

    schema_version: Literal[1] = 1
    run_id: str
    flow: str
    number: int = Field(ge=1)
    opened_at: datetime
    opened_by: Literal["submitter", "runner"]
    flow_run_id: str | None = None
    nonce: str


class Beat(Document):
    """A runner's heartbeat: ``count`` grows, so that a reader sees change without a clock."""

    schema_version: Literal[1] = 1
    count: int
    started_at: datetime
    at: datetime
    flow_run_id: str | None = None
    n_done: int = 0
    n_total: int | None = None


class Outcome(Document):
    """How an attempt ended; the first one written wins."""

    schema_version: Literal[1] = 1
    run_id: str
    flow: str
    attempt: int
    kind: OutcomeKind
    at: datetime
    reason: str = ""
    result: dict[str, JsonValue] = {}
    nonce: str


class PlannedPart(Frozen):
    """Rows ``start`` up to, not including, ``stop`` of one input file."""

    number: int = Field(ge=0)
    uri: str
    start: int
    stop: int


class Plan(Document):
    """What a batch inference will do, frozen before the first part."""

    schema_version: Literal[1] = 1
    run_id: str
    model: str
    version: str
    manifest_sha256: str
    input_uri: str
    output_uri: str
    planned_at: datetime
    n_rows: int
    parts: tuple[PlannedPart, ...]


class PartManifest(Document):
    """A part is complete when this exists."""

    schema_version: Literal[1] = 1
    run_id: str
    number: int
    n_rows_in: int
    n_rows_out: int
    n_rows_rejected: int
    file: StoredFile
    rejected_file: StoredFile | None = None


class InferenceResult(Document):
    """The one result of a batch inference; every row in is a row out or a rejected row."""

    schema_version: Literal[1] = 1
    run_id: str
    model: str
    version: str
    output_uri: str
    n_rows_in: int
    n_rows_out: int
    n_rows_rejected: int
    parts: tuple[PartManifest, ...]
