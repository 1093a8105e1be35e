"""A gate report for people: a table for the terminal, Markdown for Prefect."""

from headgate.documents.gate import Check, GateReport
from headgate.gate.comparing import finite

_MARKS = {True: "passed", False: "FAILED", None: "undecided"}


def report_rows(report: GateReport) -> list[dict[str, str]]:
    """Return one row of text per check, in the order of the report."""
    return [
        {
            "check": check.name,
            "value": _number(check.value),
            "limit": _number(check.limit),
            "interval": _interval(check),
            "result": _MARKS[check.passed],
            "detail": check.detail,
        }
        for check in report.checks
    ]


def report_markdown(report: GateReport) -> str:
    """Return the report as Markdown: the verdict, what it compared, and the table of checks."""
    rows = report_rows(report)
    head = list(rows[0]) if rows else []
    table = [_line(head), _line(["---"] * len(head))] if rows else ["No checks were made."]
    return "\n".join(
        [
            f"# {report.verdict}: {report.model}@{report.version} {_opponent(report)}",
            "",
            _escaped(report.reason),
            "",
            f"Metric `{report.metric}` on {report.n_rows} rows of holdout "
            f"`{report.holdout_sha256[:12]}` ({report.n_rows_dropped} dropped because a version "
            f"trained on them). Judged at {report.judged_at:%Y-%m-%d %H:%M:%S} UTC by "
            f"{report.by}, gate report `{report.gate_id}`, ledger entry {report.ledger_seq}.",
            "",
            *table,
            *(_line([_escaped(cell) for cell in row.values()]) for row in rows),
            "",
        ]
    )


def _opponent(report: GateReport) -> str:
    return f"against {report.champion}" if report.champion else "as the first version"


def _interval(check: Check) -> str:
    if check.interval is None:
        return ""
    low, high = check.interval
    return f"{_number(low)} to {_number(high)}"


def _number(value: float | None) -> str:
    number = finite(value)
    return "" if number is None else f"{number:.4g}"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
