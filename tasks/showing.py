"""What a run leaves in Prefect for a person to look at."""

from uuid import UUID

from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from headgate.artifacts.files import REPORT
from headgate.documents.gate import GateReport
from headgate.documents.version import Manifest
from headgate.gate.presenting import report_markdown, report_rows
from headgate.ledger.entries import StoredEntry
from headgate.store import Store
from headgate.training.refs import EvalRef


def show_version(store: Store, manifest: Manifest, measured: EvalRef) -> None:
    """Show a version's metrics, where it comes from, and where its report lies."""
    origin = manifest.provenance
    lines = [
        f"# {manifest.model}@{manifest.version}",
        "",
        "| metric | value on the holdout |",
        "| --- | --- |",
        *(f"| {name} | {_figure(value)} |" for name, value in measured.metrics.items()),
        "",
        f"{manifest.estimator}, fitted on {origin.n_rows_train} rows of `{origin.data_uri}`; "
        f"{origin.n_rows_holdout} held out, {origin.n_rows_rejected} of {origin.n_rows_in} "
        "rejected.",
    ]
    if REPORT in manifest.files:
        lines += ["", f"Report: `{store.uri(manifest.files[REPORT].key)}`"]
    _markdown(manifest.model, "version", "\n".join(lines))


def show_report(report: GateReport) -> None:
    """Show a gate report, as a page to read and as a table of its checks."""
    _markdown(report.model, "gate", report_markdown(report))
    create_table_artifact(
        table=report_rows(report),
        key=_key(report.model, "gate-checks"),
        description=report.reason,
    )


def show_head(stored: StoredEntry, previous: str | None) -> None:
    """Repeat the ledger's head outside the store: a tail that is cut off later then shows."""
    entry = stored.entry
    canary = entry.state.canary
    facts = {
        "champion": entry.state.champion,
        "before": previous or "none",
        "canary": f"{canary.version} with {canary.share:.4g}" if canary else "none",
        "ledger entry": entry.seq,
        "SHA-256": stored.sha256,
        "gate report": entry.gate_id,
        "by": entry.by,
        "at": f"{entry.at:%Y-%m-%d %H:%M:%S} UTC",
        "reason": entry.reason,
    }
    rows = [f"| {name} | {_cell(value)} |" for name, value in facts.items()]
    head = f"# {entry.model}: {entry.kind}"
    _markdown(entry.model, "ledger", "\n".join([head, "", "| | |", "| --- | --- |", *rows]))


class Progress:
    """A progress bar in Prefect, moved at most once per percent."""

    def __init__(self, what: str) -> None:
        self._percent = 0
        self._id = _uuid(create_progress_artifact(progress=0.0, description=what))

    def move(self, n_done: int, n_total: int) -> None:
        percent = 100 * n_done // n_total if n_total else 100
        if percent > self._percent:
            self._percent = percent
            update_progress_artifact(artifact_id=self._id, progress=float(percent))


def _markdown(model: str, what: str, text: str) -> None:
    create_markdown_artifact(key=_key(model, what), markdown=text)


def _key(model: str, what: str) -> str:
    # Prefect allows no underscore in a key.
    return f"{model.replace('_', '-')}-{what}"


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def _uuid(value: object) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))
