import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from headgate.settings import Settings
from headgate.stack import StackInfo, read_stack
from headgate.stack.info import remove_info, stack_folder, write_info


def a_stack(tmp_path: Path, pid: int) -> tuple[Settings, StackInfo]:
    settings = Settings(store_url=str(tmp_path))
    info = StackInfo(
        prefect_api_url="http://127.0.0.1:1/api",
        api_url="http://127.0.0.1:2",
        store_url=str(tmp_path),
        folder=tmp_path,
        logs=tmp_path / "logs",
        pid=pid,
        pids={"api": pid},
        started_at=datetime.now(UTC),
    )
    write_info(info)
    return settings, info


def test_other_commands_read_where_a_running_stack_is(tmp_path: Path) -> None:
    settings, info = a_stack(tmp_path, os.getpid())

    assert read_stack(settings) == info


def test_no_stack_is_read_after_it_was_removed(tmp_path: Path) -> None:
    settings, info = a_stack(tmp_path, os.getpid())

    remove_info(info.folder)

    assert read_stack(settings) is None


def test_a_stack_whose_process_is_gone_does_not_count(tmp_path: Path) -> None:
    gone = 2**22 + 1

    settings, _ = a_stack(tmp_path, gone)

    assert read_stack(settings) is None


def test_a_folder_that_was_copied_brings_no_stack_along(tmp_path: Path) -> None:
    settings, info = a_stack(tmp_path, os.getpid())
    write_info(info.model_copy(update={"store_url": "/elsewhere"}))

    assert read_stack(settings) is None


def test_a_bucket_keeps_the_stack_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    folder = stack_folder(Settings(store_url="s3://a-bucket/prefix"))

    assert folder == tmp_path / ".prefect"
