"""Reading training data once."""

from pathlib import Path

import pandas as pd
import pytest

from headgate.data.sources import Frame, read_frame
from headgate.errors import ConflictError, IntegrityError, UsageError
from headgate.store import open_store
from headgate.training.loading import keep_frame, open_frame


def frame(**columns: object) -> Frame:
    data = {"a": [1.5, None, 3.0], "b": ["x", "", None], "c": [True, False, True], **columns}
    return Frame(pd.DataFrame(data), "python:here", textual=False)


def test_a_snapshot_gives_every_later_step_the_same_rows(tmp_path: Path) -> None:
    store, given = open_store(str(tmp_path / "store")), frame()

    ref = keep_frame(store, given, "under_1gb")
    again = open_frame(store, ref, lambda: pytest.fail("the source was read again"))

    assert ref.snapshot_key == f"snapshots/{ref.sha256}.parquet"
    pd.testing.assert_frame_equal(again.frame, given.frame, check_dtype=False)


def test_equal_rows_share_one_snapshot_and_other_rows_do_not(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))

    first = keep_frame(store, frame(), "always")
    second = keep_frame(store, frame(), "always")
    third = keep_frame(store, frame(a=[1.5, None, 3.25]), "always")

    assert first == second
    assert third.sha256 != first.sha256
    assert len(store.names("snapshots")) == 2


def test_without_a_snapshot_the_same_rows_are_read_again(tmp_path: Path) -> None:
    store, path = open_store(str(tmp_path / "store")), tmp_path / "rows.csv"
    path.write_text("a,b\n1,x\n2,y\n")
    ref = keep_frame(store, read_frame(str(path)), "never")

    again = open_frame(store, ref, str(path))

    assert ref.snapshot_key is None
    assert again.textual
    assert again.frame["a"].tolist() == ["1", "2"]


def test_without_a_snapshot_changed_data_are_refused(tmp_path: Path) -> None:
    store, path = open_store(str(tmp_path / "store")), tmp_path / "rows.csv"
    path.write_text("a,b\n1,x\n2,y\n")
    ref = keep_frame(store, read_frame(str(path)), "never")

    path.write_text("a,b\n1,x\n2,z\n")

    with pytest.raises(ConflictError, match="has changed"):
        open_frame(store, ref, str(path))


def test_a_large_frame_is_not_copied_unless_the_spec_says_always(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(str(tmp_path / "store"))
    monkeypatch.setattr("headgate.training.loading.MAX_SNAPSHOT_BYTES", 10)

    assert keep_frame(store, frame(), "under_1gb").snapshot_key is None
    assert keep_frame(store, frame(), "always").snapshot_key is not None


def test_a_snapshot_that_was_altered_is_refused(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    ref = keep_frame(store, frame(), "always")
    path = Path(store.uri(ref.snapshot_key or ""))
    path.write_bytes(path.read_bytes().replace(b"PAR1", b"PAR2", 1))

    with pytest.raises(IntegrityError, match="not what was recorded"):
        open_frame(store, ref, "unused")


def test_a_column_of_several_types_cannot_be_kept_and_says_what_to_do(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))

    with pytest.raises(UsageError, match="one type in source"):
        keep_frame(store, frame(b=[1, "x", [2]]), "always")
