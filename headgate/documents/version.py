"""The manifest: its presence is the version."""

from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from headgate.documents.base import Document, Frozen
from headgate.documents.proof import Proof
from headgate.documents.rules import Rules

InputForm = Literal["frame", "matrix", "text"]
Origin = Literal["trained", "imported", "recorded"]


class StoredFile(Frozen):
    """One stored file by key, size in bytes and SHA-256."""

    key: str
    size: int
    sha256: str


class Provenance(Frozen):
    """Where a version came from."""

    run_id: str
    flow_run_id: str | None = None
    by: str
    git_sha: str | None = None
    git_dirty: bool | None = None
    data_uri: str
    data_sha256: str
    snapshot_key: str | None = None
    n_rows_in: int
    n_rows_rejected: int
    n_rows_train: int
    n_rows_holdout: int
    seed: int
    spec_sha256: str
    code_sha256: str
    lock_sha256: str | None = None
    python: str
    libraries: dict[str, str]
    parameters: dict[str, JsonValue] = {}
    image: str | None = None


class Manifest(Document):
    """One immutable trained result of a model.

    ``files`` names every artifact (``model.skops``, ``contract.json``, ``metrics.json``,
    ``golden.json``, ``reference.json``, ``holdout.parquet``, ``training_rows.npy``,
    ``environment.txt``, ``report.html``; ``compiled.zip`` where a compiled form serves).
    ``input_form`` says how the estimator takes rows. ``types`` are the artifact's types beyond what
    skops trusts by itself. Versions made before there were compiled forms have no ``proof``.
    """

    schema_version: Literal[1] = 1
    model: str
    number: int = Field(ge=1)
    run_id: str
    attempt: int
    created_at: datetime
    origin: Origin
    rules: Rules
    classes: tuple[str | bool | int | float, ...] | None = None
    input_form: InputForm = "frame"
    types: tuple[str, ...] = ()
    estimator: str
    metrics: dict[str, float]
    files: dict[str, StoredFile]
    provenance: Provenance
    owner: str = ""
    purpose: str = ""
    tags: dict[str, str] = {}
    proof: Proof | None = None

    @property
    def version(self) -> str:
        return f"v{self.number:04d}"
