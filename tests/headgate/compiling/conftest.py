from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(autouse=True, scope="package")
def _one_thread() -> Iterator[None]:
    """Many threads on a busy machine make small fits a hundred times slower."""
    with threadpool_limits(1):
        yield
