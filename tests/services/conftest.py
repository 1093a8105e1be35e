"""Real services for the tests marked `services`; a missing one fails, never skips."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures_s3 import make_bucket, use_s3
from tests.services import radosgw
from tests.services.postgres import Postgres, running_postgres

pytest.register_assert_rewrite("tests.headgate.store.conformance")


@pytest.fixture(scope="session")
def radosgw_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the endpoint of one radosgw for the whole session."""
    folder = Path(tmp_path_factory.mktemp("radosgw"))
    try:
        yield radosgw.start(folder)
    finally:
        radosgw.stop(folder)


@pytest.fixture
def radosgw_url(radosgw_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a fresh `s3://bucket/prefix`; the environment leads there for this test."""
    use_s3(monkeypatch, radosgw_endpoint)
    return f"s3://{make_bucket()}/prefix"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Yield one PostgreSQL server for the whole session."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres: Postgres) -> str:
    """Return the URL of an empty database, as Prefect's server wants it."""
    return postgres.create_database("prefect")
