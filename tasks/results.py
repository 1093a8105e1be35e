"""What each flow answers: small, frozen, and the ``result`` of the run's outcome."""

from typing import Literal

from pydantic import JsonValue

from headgate.documents.base import Frozen
from headgate.documents.gate import GateReport, Verdict
from headgate.documents.ledger import LedgerEntry
from headgate.documents.runs import InferenceResult
from headgate.documents.version import Manifest

Decision = Literal["no_action", "promoting", "refused", "inconclusive", "started"]


class TrainResult(Frozen):
    """The version a training made."""

    run_id: str
    model: str
    version: str
    status: Literal["completed"] = "completed"
    metrics: dict[str, float]

    @classmethod
    def of(cls, manifest: Manifest) -> "TrainResult":
        return cls(
            run_id=manifest.run_id,
            model=manifest.model,
            version=manifest.version,
            metrics=manifest.metrics,
        )


class CheckResult(Frozen):
    """One check of a gate."""

    name: str
    value: float | None
    limit: float | None
    interval: tuple[float, float] | None
    passed: bool | None
    detail: str


class GateResult(Frozen):
    """The verdict on a challenger."""

    gate_id: str
    model: str
    version: str
    champion: str | None
    verdict: Verdict
    reason: str
    checks: tuple[CheckResult, ...]

    @classmethod
    def of(cls, report: GateReport) -> "GateResult":
        return cls(
            gate_id=report.gate_id,
            model=report.model,
            version=report.version,
            champion=report.champion,
            verdict=report.verdict,
            reason=report.reason,
            checks=tuple(CheckResult(**check.model_dump()) for check in report.checks),
        )


class PromoteResult(Frozen):
    """The ledger entry that made a version champion; ``previous`` was the champion before.

    With ``canary`` the version got that share of the traffic only.
    """

    seq: int
    model: str
    version: str
    previous: str | None
    canary: float | None = None
    by: str
    reason: str
    at: str

    @classmethod
    def of(cls, entry: LedgerEntry, previous: str | None) -> "PromoteResult":
        return cls(
            seq=entry.seq,
            model=entry.model,
            version=entry.subject or "",
            previous=previous,
            canary=entry.state.canary.share if entry.state.canary else None,
            by=str(entry.by),
            reason=entry.reason,
            at=entry.at.isoformat(),
        )


class BatchResult(Frozen):
    """What a batch inference did with its rows, and where the answers lie."""

    run_id: str
    model: str
    version: str
    output_uri: str
    n_rows_in: int
    n_rows_out: int
    n_rows_rejected: int

    @classmethod
    def of(cls, result: InferenceResult) -> "BatchResult":
        return cls(**{name: getattr(result, name) for name in cls.model_fields})


class ModelRetrained(Frozen):
    """How the retraining of one model went; ``run_id`` is of the run that follows from it."""

    model: str
    outcome: Decision
    version: str | None = None
    gate_id: str | None = None
    gate: GateResult | None = None
    run_id: str | None = None
    reason: str = ""


class RetrainResult(Frozen):
    """How a retraining went, for its one model or for each of several."""

    run_id: str
    outcome: Decision
    gate_id: str | None = None
    models: tuple[ModelRetrained, ...]

    @classmethod
    def of_one(cls, run_id: str, one: ModelRetrained) -> "RetrainResult":
        return cls(run_id=run_id, outcome=one.outcome, gate_id=one.gate_id, models=(one,))

    @classmethod
    def of_many(cls, run_id: str, many: tuple[ModelRetrained, ...]) -> "RetrainResult":
        return cls(run_id=run_id, outcome="started", models=many)

    @classmethod
    def no_action(cls, run_id: str, model: str, latest: str | None) -> "RetrainResult":
        reason = f"data, code, spec and parameters are those of {latest}"
        one = ModelRetrained(model=model, outcome="no_action", version=latest, reason=reason)
        return cls.of_one(run_id, one)


Parameters = dict[str, JsonValue]
