"""Judging a challenger: against the champion of this moment, by evidence gathered here."""

from prefect.logging import get_run_logger

from headgate import versions
from headgate.documents.base import Frozen, sha256_of
from headgate.documents.gate import GateReport
from headgate.gate import gathering
from headgate.gate import reports as gates
from headgate.gate.evidence import Evidence, Servability
from headgate.gate.judge import compose_report
from headgate.gate.judge import judge as judge_evidence
from headgate.ledger import entries as ledger
from headgate.timing import utc_now
from tasks import opening, showing
from tasks.caching import always, once_per_run
from tasks.recording import current
from tasks.servability import try_serving


class Standing(Frozen):
    """The champion of a moment, and the ledger's head that says so."""

    champion: str | None = None
    ledger_seq: int = 0
    ledger_head_sha256: str | None = None


@always
def resolve_champion(run_id: str, model: str) -> Standing:
    """Return the champion of now. Never remembered: champions change.

    A run that has reported before, and was killed then, stays with the champion of its report.
    """
    store = opening.store()
    if report := gates.find_report(store, model, run_id):
        return Standing(
            champion=report.champion,
            ledger_seq=report.ledger_seq,
            ledger_head_sha256=report.ledger_head_sha256,
        )
    head = ledger.read_stored_head(store, model)
    if head is None:
        return Standing()
    return Standing(
        champion=head.entry.state.champion,
        ledger_seq=head.entry.seq,
        ledger_head_sha256=head.sha256,
    )


@once_per_run
def check_servability(run_id: str, model: str, version: str) -> Servability:  # noqa: ARG001
    """Start the real service for this version alone and ask it over HTTP."""
    manifest = versions.read_manifest(opening.store(), model, version)
    tried = try_serving(opening.settings(), manifest)
    get_run_logger().info("%s@%s served: %s", model, version, tried.detail)
    return tried


@once_per_run
def gather_evidence(
    run_id: str,  # noqa: ARG001 - of the cache key
    model: str,
    version: str,
    standing: Standing,
    servability: Servability,
) -> Evidence:
    """Load, score and time both versions on the same rows."""
    store, settings = opening.store(), opening.settings()
    champion = standing.champion
    return gathering.gather_evidence(
        store,
        versions.read_manifest(store, model, version),
        versions.read_manifest(store, model, champion) if champion else None,
        trusted_types=settings.trusted_types,
        models_dirs=settings.models_dirs,
        servability=servability,
    )


@always
def judge(run_id: str, standing: Standing, evidence: Evidence) -> GateReport:
    """Judge by the evidence and store the report; a run's first report is the one that counts."""
    store = opening.store()
    manifest = store.get(versions.manifest_key(evidence.model, evidence.version))
    report = compose_report(
        evidence,
        judge_evidence(evidence),
        gate_id=run_id,
        run_id=run_id,
        manifest_sha256=sha256_of(manifest),
        ledger_seq=standing.ledger_seq,
        ledger_head_sha256=standing.ledger_head_sha256,
        judged_at=utc_now(),
        by=str(current().by),
    )
    report = gates.write_report(store, report)
    get_run_logger().info(
        "%s@%s %s: %s", report.model, report.version, report.verdict, report.reason
    )
    showing.show_report(report)
    return report
