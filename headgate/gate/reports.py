"""Gate reports in the store: written once, never changed."""

from headgate.documents.gate import GateReport
from headgate.errors import ConflictError, IntegrityError, NotFoundError
from headgate.names import check_model_name, check_run_id
from headgate.store import Store


class GateReportNotFoundError(NotFoundError):
    """The model has no such gate report."""

    def __init__(self, model: str, gate_id: str) -> None:
        super().__init__(
            f"Model {model!r} has no gate report {gate_id!r}. "
            f"Judge a version first: headgate gate {model} VERSION."
        )


def report_key(model: str, gate_id: str) -> str:
    """Return where a gate report lies."""
    return f"{_folder(model)}/{check_run_id(gate_id)}.json"


def write_report(store: Store, report: GateReport) -> GateReport:
    """Store a report and return the one that counts.

    A report that the same run has written under this gate_id before stays as it is and is
    returned: a run repeated after a crash does not judge twice.

    Raises:
        ConflictError: if another run, or a judgement of another version, has this gate_id.
    """
    if store.put_if_absent(report_key(report.model, report.gate_id), report.to_bytes()):
        return report
    first = read_report(store, report.model, report.gate_id)
    if (first.run_id, first.version) != (report.run_id, report.version):
        raise ConflictError(
            f"Gate report {report.gate_id!r} of model {report.model!r} is of {first.version} by "
            f"run {first.run_id!r}, not of {report.version} by run {report.run_id!r}. "
            "Judge under another gate_id."
        )
    return first


def find_report(store: Store, model: str, gate_id: str) -> GateReport | None:
    """Return a report, or None when there is none.

    Raises:
        IntegrityError: if what lies there is the report of another judgement.
    """
    key = report_key(model, gate_id)
    data = store.find(key)
    if data is None:
        return None
    report = GateReport.from_bytes(data, key)
    if (report.model, report.gate_id) != (model, gate_id):
        raise IntegrityError(
            f"Gate report {key!r} says it is {report.gate_id!r} of model {report.model!r}. It was "
            "copied or altered; restore it from a backup."
        )
    return report


def read_report(store: Store, model: str, gate_id: str) -> GateReport:
    """Return a report.

    Raises:
        GateReportNotFoundError: if there is none of that gate_id.
    """
    report = find_report(store, model, gate_id)
    if report is None:
        raise GateReportNotFoundError(model, gate_id)
    return report


def list_reports(store: Store, model: str) -> list[GateReport]:
    """Return a model's reports, the oldest judgement first."""
    names = (name for name in store.names(_folder(model)) if name.endswith(".json"))
    reports = [read_report(store, model, name.removesuffix(".json")) for name in names]
    return sorted(reports, key=lambda report: (report.judged_at, report.gate_id))


def latest_pass(store: Store, model: str, version: str) -> GateReport | None:
    """Return the latest report that lets a version pass, or None."""
    passes = (r for r in list_reports(store, model) if (r.version, r.verdict) == (version, "PASS"))
    return max(passes, key=lambda report: (report.judged_at, report.gate_id), default=None)


def _folder(model: str) -> str:
    return f"models/{check_model_name(model)}/gates"
