from pathlib import Path

import pytest

from headgate.errors import UnreachableError
from headgate.settings import Settings
from headgate.stack import free_port
from headgate.worker import run_worker


def test_a_worker_without_prefect_says_what_to_start(tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/api"

    with pytest.raises(UnreachableError, match="headgate up"):
        run_worker(Settings(store_url=str(tmp_path), prefect_api_url=nowhere))
