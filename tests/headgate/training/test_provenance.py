"""Where a version comes from."""

import platform
import subprocess
from pathlib import Path

import pytest

from headgate.documents.base import sha256_of
from headgate.training.provenance import code_state, environment_text, libraries, python_version


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    (tmp_path / "requirements.lock").write_text("numpy==1\n")
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "first"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    return tmp_path


def test_a_clean_tree_is_its_commit(repository: Path) -> None:
    state = code_state(repository)

    assert state.git_sha is not None
    assert len(state.git_sha) == 40
    assert state.git_dirty is False
    assert state.lock_sha256 == sha256_of(b"numpy==1\n")


def test_a_changed_tree_is_dirty(repository: Path) -> None:
    (repository / "new.py").write_text("x = 1\n")

    assert code_state(repository).git_dirty is True


def test_without_a_repository_or_git_nothing_is_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = code_state(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    without_git = code_state(tmp_path)

    assert nowhere == without_git
    assert (nowhere.git_sha, nowhere.git_dirty, nowhere.lock_sha256) == (None, None, None)


def test_the_environment_lists_every_distribution_sorted() -> None:
    lines = environment_text().splitlines()

    names = [line.partition("==")[0] for line in lines]
    assert names == sorted(set(names))
    assert f"scikit-learn=={libraries()['scikit-learn']}" in lines
    assert python_version() == platform.python_version()
