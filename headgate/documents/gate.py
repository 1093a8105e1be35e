"""The gate report: one immutable judgement of a challenger."""

from datetime import datetime
from typing import Literal

from headgate.documents.base import Document, Frozen

Verdict = Literal["PASS", "FAIL", "INCONCLUSIVE"]


class Score(Frozen):
    """One metric of one version, and the exact rows it was measured on."""

    version: str
    metric: str
    value: float | None
    holdout_sha256: str
    n_rows: int


class Check(Frozen):
    """One check: its value beside its limit. ``passed`` is None when it could not decide."""

    name: str
    value: float | None = None
    limit: float | None = None
    interval: tuple[float, float] | None = None
    passed: bool | None
    detail: str


class GateReport(Document):
    """The record of one judgement, against the champion of that moment.

    ``manifest_sha256`` is of the stored manifest of the version: the name alone does not bind it.
    ``ledger_seq`` and ``ledger_head_sha256`` are the ledger's head at judgement (0 and None when
    empty): a promotion by this report is refused once the champion changed after that entry.
    """

    schema_version: Literal[1] = 1
    gate_id: str
    run_id: str
    model: str
    version: str
    manifest_sha256: str | None = None
    champion: str | None
    ledger_seq: int
    ledger_head_sha256: str | None
    verdict: Verdict
    reason: str
    checks: tuple[Check, ...]
    scores: tuple[Score, ...]
    metric: str
    holdout_sha256: str
    n_rows: int
    n_rows_dropped: int
    judged_at: datetime
    by: str
