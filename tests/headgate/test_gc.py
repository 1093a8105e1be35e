from datetime import UTC, datetime, timedelta
from pathlib import Path

from headgate.documents.base import sha256_of
from headgate.documents.version import StoredFile
from headgate.gc import find_garbage, remove
from headgate.ledger.canary import start_canary
from headgate.ledger.promotion import promote
from headgate.runs.records import end_attempt, open_attempt
from headgate.store import Store
from headgate.versions import commit_version
from tests.builders import a_manifest, a_report, an_act

NOW = datetime.now(UTC)
LATER = NOW + timedelta(hours=25)


def _file(store: Store, run_id: str, name: str = "model.skops") -> StoredFile:
    key = f"models/iris/artifacts/{run_id}/0001/{name}"
    data = f"{run_id} {name}".encode()
    store.put_if_absent(key, data)
    return StoredFile(key=key, size=len(data), sha256=sha256_of(data))


def _version(store: Store, run_id: str) -> str:
    files = {"model.skops": _file(store, run_id)}
    return commit_version(
        store, a_manifest(run_id=run_id).model_copy(update={"files": files})
    ).version


def _keys(store: Store, at: datetime, keep: int | None = None) -> list[str]:
    return [g.key for g in find_garbage(store, at, keep)]


def test_files_of_a_version_stay_and_leftovers_of_a_run_that_ended_go(store: Store) -> None:
    _version(store, "good")
    stray = _file(store, "dead")
    end_attempt(store, open_attempt(store, "dead", "train"), "cancelled")

    assert _keys(store, LATER) == [stray.key]


def test_a_failed_run_may_be_taken_up_again_and_keeps_its_files_for_a_month(store: Store) -> None:
    _version(store, "good")
    stray = _file(store, "failed")
    end_attempt(store, open_attempt(store, "failed", "train"), "failed")

    assert _keys(store, LATER) == []
    assert _keys(store, NOW + timedelta(days=31)) == [stray.key]


def test_what_a_version_names_by_now_is_not_removed(store: Store) -> None:
    _version(store, "good")
    _file(store, "late")
    found = find_garbage(store, LATER)

    _version(store, "late")
    remove(store, found)

    assert store.find("models/iris/artifacts/late/0001/model.skops") is not None


def test_a_version_that_waits_for_its_promotion_keeps_its_files(store: Store) -> None:
    waiting = _version(store, "r1")
    a_report(store, waiting)
    for n in (2, 3):
        _version(store, f"r{n}")

    assert _keys(store, LATER, keep=1) == ["models/iris/artifacts/r2/0001/model.skops"]


def test_an_attempt_is_left_alone_for_a_day(store: Store) -> None:
    _version(store, "good")
    _file(store, "dead")
    end_attempt(store, open_attempt(store, "dead", "train"), "cancelled")

    assert _keys(store, NOW) == []


def test_an_attempt_whose_run_has_not_ended_is_left_alone(store: Store) -> None:
    _version(store, "good")
    _file(store, "alive")
    open_attempt(store, "alive", "train")

    assert _keys(store, LATER) == []


def test_old_versions_go_on_request_but_never_one_that_was_live(store: Store) -> None:
    live = _version(store, "r1")
    a_report(store, live)
    promote(store, "iris", live, an_act())
    for n in (2, 3, 4):
        _version(store, f"r{n}")

    assert _keys(store, LATER) == []
    assert _keys(store, LATER, keep=1) == [
        "models/iris/artifacts/r2/0001/model.skops",
        "models/iris/artifacts/r3/0001/model.skops",
    ]


def test_what_is_removed_is_gone_and_the_rest_is_untouched(store: Store) -> None:
    _version(store, "good")
    stray = _file(store, "dead")

    remove(store, find_garbage(store, LATER))

    assert store.find(stray.key) is None
    assert store.find("models/iris/artifacts/good/0001/model.skops") is not None


def test_a_marker_of_a_completed_run_goes(store: Store) -> None:
    store.put_if_absent("pending/low/20260101T000000000000Z-r1", b"")
    store.put_if_absent("pending/low/20260101T000000000000Z-r2", b"")
    end_attempt(store, open_attempt(store, "r1", "batch-infer"), "completed")

    assert _keys(store, NOW) == ["pending/low/20260101T000000000000Z-r1"]


def test_leftovers_of_a_killed_start_up_check_go(store: Store, tmp_path: Path) -> None:
    store.put_if_absent(".probe/abc/1", b"x")

    assert (tmp_path / "store" / ".probe/abc/1").is_file()
    assert _keys(store, LATER) == [".probe/abc/1"]


def test_a_version_that_was_a_canary_keeps_its_files(store: Store) -> None:
    champion, canary = _version(store, "r1"), _version(store, "r2")
    promote(store, "iris", champion, an_act(), override=True)
    start_canary(store, "iris", canary, 0.1, an_act(), override=True)
    _version(store, "r3")
    promote(store, "iris", "v0003", an_act(), override=True)
    _version(store, "r4")

    assert _keys(store, LATER, keep=1) == []
