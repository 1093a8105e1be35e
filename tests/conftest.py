import pytest

from tests.fixtures_prefect import prefect_api, prefect_home

__all__ = ["prefect_api", "prefect_home"]

LONGEST_FIRST = (
    "test_readme.py",
    "tests/flows/",
    "tests/headgate/gate/",
    "tests/headgate/cli/",
    "tests/tasks/",
    "tests/serve/load/",
    "test_workers.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long ones, so that no process is left alone with them at the end."""
    items.sort(key=lambda item: _rank(item.path.as_posix()))


def _rank(path: str) -> int:
    found = (i for i, part in enumerate(LONGEST_FIRST) if part in path)
    return next(found, len(LONGEST_FIRST))
