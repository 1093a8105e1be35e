from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from headgate.documents.gate import GateReport, Verdict
from headgate.errors import ConflictError, IntegrityError, NotFoundError, UsageError
from headgate.gate import reports as gates
from headgate.store import Store, open_store

START = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "store"))


def report(gate_id: str, verdict: Verdict = "PASS", **changes: object) -> GateReport:
    fields = {
        "gate_id": gate_id,
        "run_id": "r1",
        "model": "iris",
        "version": "v0002",
        "champion": "v0001",
        "ledger_seq": 1,
        "ledger_head_sha256": "ab" * 32,
        "verdict": verdict,
        "reason": "",
        "checks": (),
        "scores": (),
        "metric": "accuracy",
        "holdout_sha256": "cd" * 32,
        "n_rows": 128,
        "n_rows_dropped": 0,
        "judged_at": START,
        "by": "anna (key)",
    }
    return GateReport.model_validate(fields | changes)


def test_a_report_is_read_back_as_it_was_written(store: Store) -> None:
    written = gates.write_report(store, report("g1"))

    assert gates.read_report(store, "iris", "g1") == written == report("g1")


def test_a_judgement_repeated_by_its_run_does_not_change_the_report(store: Store) -> None:
    gates.write_report(store, report("g1", "FAIL"))

    second = gates.write_report(store, report("g1", "PASS", judged_at=START + timedelta(hours=1)))

    assert second == report("g1", "FAIL")
    assert gates.read_report(store, "iris", "g1") == report("g1", "FAIL")


@pytest.mark.parametrize("changes", [{"run_id": "r2"}, {"version": "v0003"}])
def test_another_judgement_under_a_taken_gate_id_is_refused(
    store: Store, changes: dict[str, object]
) -> None:
    gates.write_report(store, report("g1", "FAIL"))

    with pytest.raises(ConflictError, match="of v0002 by run 'r1'"):
        gates.write_report(store, report("g1", "PASS", **changes))

    assert gates.read_report(store, "iris", "g1").verdict == "FAIL"


def test_an_unknown_report_is_not_found(store: Store) -> None:
    with pytest.raises(NotFoundError, match="no gate report 'g9'"):
        gates.read_report(store, "iris", "g9")

    assert gates.find_report(store, "iris", "g9") is None


def test_a_gate_id_cannot_leave_the_folder(store: Store) -> None:
    with pytest.raises(UsageError):
        gates.read_report(store, "iris", "../ledger/00000001")


def test_a_report_that_was_copied_is_refused(store: Store) -> None:
    store.put(gates.report_key("iris", "g2"), report("g1").to_bytes())

    with pytest.raises(IntegrityError, match="says it is 'g1'"):
        gates.read_report(store, "iris", "g2")


def test_reports_are_listed_in_the_order_of_their_judgement(store: Store) -> None:
    for gate_id, hours in (("a", 2), ("b", 1), ("d", 3), ("c", 3)):
        gates.write_report(store, report(gate_id, judged_at=START + timedelta(hours=hours)))
    gates.write_report(store, report("other", model="digits"))

    assert [r.gate_id for r in gates.list_reports(store, "iris")] == ["b", "a", "c", "d"]


def test_the_latest_pass_is_of_that_version_and_a_pass(store: Store) -> None:
    kinds: list[tuple[str, Verdict, str]] = [
        ("a", "PASS", "v0002"),
        ("b", "PASS", "v0002"),
        ("c", "FAIL", "v0002"),
        ("d", "INCONCLUSIVE", "v0002"),
        ("e", "PASS", "v0003"),
        ("f", "FAIL", "v0004"),
    ]
    for hours, (gate_id, verdict, version) in enumerate(kinds):
        at = START + timedelta(hours=hours)
        gates.write_report(store, report(gate_id, verdict, version=version, judged_at=at))

    found = gates.latest_pass(store, "iris", "v0002")

    assert found is not None
    assert found.gate_id == "b"
    assert gates.latest_pass(store, "iris", "v0004") is None
    assert gates.latest_pass(store, "digits", "v0002") is None
