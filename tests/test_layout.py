"""The shape of the repository."""

from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
APPLICATION = {"flows", "tasks", "serve", "deployments", "data", "models"}
SOURCES = [
    path
    for folder in ("headgate", "flows", "tasks", "serve", "models", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


def test_no_installed_package_owns_our_directory_names() -> None:
    owners = packages_distributions()

    assert APPLICATION & owners.keys() == set()


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_is_longer_than_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def test_the_lock_names_no_registry() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")

    assert "://" not in lock
    assert "--index-url" not in lock
