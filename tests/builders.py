"""Small valid documents for tests that are about something else."""

from datetime import UTC, datetime

from headgate.documents.gate import Check, GateReport, Verdict
from headgate.documents.ledger import LedgerEntry, Principal
from headgate.documents.rules import Metrics, Rules
from headgate.documents.version import Manifest, Provenance
from headgate.ledger.acts import Act
from headgate.ledger.entries import read_stored_head
from headgate.ledger.promotion import promote
from headgate.names import new_run_id
from headgate.store import Store
from headgate.versions import commit_version

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
ALICE = Principal(name="alice", kind="local")


def a_manifest(model: str = "iris", run_id: str = "run-1") -> Manifest:
    return Manifest(
        model=model,
        number=1,
        run_id=run_id,
        attempt=1,
        created_at=NOON,
        origin="trained",
        rules=Rules(task="classification", target="species", metrics=Metrics(primary="accuracy")),
        classes=("a", "b"),
        estimator="sklearn.linear_model.LogisticRegression",
        metrics={"accuracy": 0.9},
        files={},
        provenance=Provenance(
            run_id=run_id,
            by="alice",
            data_uri="data.csv",
            data_sha256="00",
            n_rows_in=10,
            n_rows_rejected=0,
            n_rows_train=8,
            n_rows_holdout=2,
            seed=0,
            spec_sha256="00",
            code_sha256="00",
            python="3.11",
            libraries={},
        ),
    )


def a_version(store: Store, model: str = "iris", run_id: str | None = None) -> str:
    """Commit a version without files and return its name."""
    return commit_version(store, a_manifest(model, run_id or new_run_id())).version


def a_report(
    store: Store, version: str, verdict: Verdict = "PASS", *, model: str = "iris"
) -> GateReport:
    """Store a gate report of a version, judged against the ledger as it is now."""
    head = read_stored_head(store, model)
    gate_id = new_run_id()
    report = GateReport(
        gate_id=gate_id,
        run_id=gate_id,
        model=model,
        version=version,
        champion=head.entry.state.champion if head else None,
        ledger_seq=head.entry.seq if head else 0,
        ledger_head_sha256=head.sha256 if head else None,
        verdict=verdict,
        reason="accuracy 0.875",
        checks=(Check(name="floor", passed=verdict == "PASS", detail="accuracy 0.875"),),
        scores=(),
        metric="accuracy",
        holdout_sha256="00",
        n_rows=40,
        n_rows_dropped=0,
        judged_at=datetime.now(UTC),
        by="alice",
    )
    store.put_if_absent(f"models/{model}/gates/{gate_id}.json", report.to_bytes())
    return report


def an_act(run_id: str | None = None, by: Principal = ALICE, reason: str = "a reason") -> Act:
    return Act(run_id=run_id or new_run_id(), by=by, reason=reason, now=datetime.now(UTC))


def a_champion(store: Store, model: str = "iris") -> LedgerEntry:
    """Commit, pass and promote one more version."""
    version = a_version(store, model)
    a_report(store, version, model=model)
    return promote(store, model, version, an_act())
