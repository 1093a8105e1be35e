"""Where tasks' results land, for a bucket as for a folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect import flow

from headgate.deploying import results_block
from headgate.settings import Settings
from headgate.store import open_store
from tasks.caching import once_per_run
from tests.fixtures_s3 import s3_endpoint, s3_url
from tests.tasks.conftest import in_prefect

__all__ = ["s3_endpoint", "s3_url"]


@once_per_run
def remember(run_id: str) -> str:
    """Have something to keep."""
    return f"kept for {run_id}"


@flow(persist_result=False)
def remembering(run_id: str) -> str:
    """Keep something."""
    state = remember(run_id, return_state=True)
    return str(state.name)


@pytest.fixture
def bucket(s3_url: str, prefect_api: str, tmp_path: Path) -> Iterator[Settings]:
    settings = Settings(store_url=s3_url, prefect_api_url=prefect_api)
    with in_prefect(settings, tmp_path):
        yield settings


@pytest.mark.stack
def test_results_land_in_the_bucket_and_are_found_there(bucket: Settings) -> None:
    first = remembering("r1")
    second = remembering("r1")

    assert (first, second) == ("Completed", "Cached")
    [name] = open_store(bucket.store_url).names("results")
    assert name.startswith("r1-remember-")


def test_the_block_of_a_bucket_holds_no_credentials(s3_url: str) -> None:
    block = results_block(Settings(store_url=s3_url))

    assert block.slug == "remote-file-system/headgate-results"
    assert block.data["basepath"] == f"{s3_url}/results"
    assert "SKTEST" not in str(block.data)


def test_the_block_of_a_folder_is_the_folder_itself(tmp_path: Path) -> None:
    block = results_block(Settings(store_url=str(tmp_path)))

    assert block.slug == "local-file-system/headgate-results"
    assert block.data == {"basepath": str(tmp_path / "results")}
