from datetime import UTC, datetime

from headgate.documents.gate import GateReport
from headgate.gate.evidence import Finding
from headgate.gate.judge import compose_report, judge
from headgate.gate.presenting import report_markdown, report_rows
from tests.headgate.gate.building import evidence, first_version


def reported(challenger: float = 0.875, champion: float = 0.75, **changes: object) -> GateReport:
    found = evidence(challenger, champion, **changes)
    return compose_report(
        found,
        judge(found),
        gate_id="g1",
        run_id="r1",
        manifest_sha256="12" * 32,
        ledger_seq=4,
        ledger_head_sha256=None,
        judged_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        by="anna (key)",
    )


def test_every_check_is_a_row_beside_its_limit() -> None:
    report = reported(0.75, 0.875, interval=(-0.1875, -0.0625))

    rows = {row["check"]: row for row in report_rows(report)}

    assert list(rows) == [check.name for check in report.checks]
    assert rows["non_inferior"]["value"] == "-0.125"
    assert rows["non_inferior"]["limit"] == "-0.01"
    assert rows["non_inferior"]["interval"] == "-0.1875 to -0.0625"
    assert rows["non_inferior"]["result"] == "FAILED"
    assert rows["servable"]["result"] == "passed"


def test_an_undecided_check_does_not_look_passed() -> None:
    rows = {row["check"]: row for row in report_rows(reported(servability=None))}

    assert rows["servable"]["result"] == "undecided"


def test_markdown_says_who_was_judged_against_whom_on_what() -> None:
    text = report_markdown(reported())

    assert text.startswith("# PASS: iris@v0002 against v0001\n")
    assert "on 128 rows of holdout `abababababab`" in text
    assert "Judged at 2026-01-02 03:04:05 UTC by anna (key)" in text


def test_markdown_says_that_a_version_is_the_first() -> None:
    found = first_version(0.75, 0.5)
    report = reported().model_copy(update={"champion": None, "checks": judge(found).checks})

    assert "as the first version" in report_markdown(report)


def test_a_detail_cannot_break_the_table() -> None:
    text = report_markdown(reported(loads=Finding(passed=False, detail="a|b\n<img src=x>")))

    assert "| a\\|b &lt;img src=x> |" in text


def test_a_report_without_checks_says_so() -> None:
    assert "No checks were made." in report_markdown(reported().model_copy(update={"checks": ()}))
