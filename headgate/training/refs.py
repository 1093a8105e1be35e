"""What one step of a training hands to the next: small, frozen, and by reference."""

from typing import Literal

from pydantic import JsonValue

from headgate.contract import Contract
from headgate.documents.base import Document, Frozen
from headgate.documents.proof import Proof
from headgate.documents.version import InputForm, StoredFile
from headgate.scoring.estimators import ClassValue
from headgate.training.fitting import Trial
from headgate.training.provenance import CodeState
from headgate.training.rows import Reason

N_TIMED = 500


class DataRef(Frozen):
    """Training data as they were read: by content, and in a snapshot if there is one.

    ``uri`` is redacted and only shown. ``files`` are the snapshot's; there are none where the data
    are read again instead. ``holdout`` is the frozen holdout the spec names.
    """

    uri: str
    sha256: str
    n_rows: int
    textual: bool
    snapshot_key: str | None = None
    files: dict[str, StoredFile] = {}
    holdout: "DataRef | None" = None


class FitRef(Frozen):
    """A fitted model in the store, and how it came about.

    ``score_seconds`` is what predicting up to `N_TIMED` rows took, and ``code`` the state of the
    code that was fitted: later steps take both from here, so that repeating them changes nothing.
    """

    files: dict[str, StoredFile]
    contract: Contract
    classes: tuple[ClassValue, ...] | None
    input_form: InputForm
    types: tuple[str, ...]
    estimator: str
    seed: int
    parameters: dict[str, JsonValue]
    n_rows_in: int
    n_rows_rejected: int
    n_rows_train: int
    n_rows_holdout: int
    reasons: tuple[Reason, ...] = ()
    fit_seconds: float
    score_seconds: float
    code: CodeState
    trials: tuple[Trial, ...] = ()
    warnings: tuple[str, ...] = ()


class EvalRef(Frozen):
    """A model's metrics on its holdout, None where one has no value, and the files about it.

    ``proof`` says what serves it; refs kept from before there were proofs have none.
    """

    files: dict[str, StoredFile]
    metrics: dict[str, float | None]
    proof: Proof | None = None


class StoredMetrics(Document):
    """``metrics.json``: a version's metrics on its own holdout when it was made.

    ``trivial`` are those of the model that ignores its input.
    """

    schema_version: Literal[1] = 1
    metrics: dict[str, float | None]
    trivial: dict[str, float | None]
    n_rows: int
    n_rows_refused: int
