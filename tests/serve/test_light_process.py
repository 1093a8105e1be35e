"""A server of proven versions does without the libraries they were trained with."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from headgate.documents.version import Manifest
from headgate.settings import Settings
from headgate.store import open_store
from headgate.versions import commit_version
from tests.headgate.training.small_models import FLOWERS, train, write_model
from tests.serve.conftest import settings_for
from tests.serve.making import promoted

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("pandas", "sklearn", "scipy", "pyarrow", "prefect", "evidently", "matplotlib", "skops")
SERVER = """
import json, sys
from headgate.settings import Settings
from tests.serve.running import running

settings, row = Settings.model_validate_json(sys.argv[1]), json.loads(sys.argv[2])
with running(settings) as client:
    replies = [
        client.post("/predict", json=row),
        client.post("/predict/batch", json={"instances": [row, row]}),
        client.post("/models/flowers/predict/top-k?k=2", json=row),
        client.get("/models/flowers"),
        client.get("/openapi.json"),
        client.get("/metrics"),
    ]
    health = client.get("/health/ready").json()
imported = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps({
    "codes": [reply.status_code for reply in replies],
    "label": replies[0].json()["label"],
    "detail": replies[3].json(),
    "health": health,
    "imported": imported,
}))
"""
FLOWER = {
    "sepal length (cm)": 5.1,
    "sepal width (cm)": 3.5,
    "petal length (cm)": 1.4,
    "petal width (cm)": 0.2,
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, closed_port: int) -> Settings:
    return settings_for(tmp_path_factory.mktemp("light"), closed_port)


@pytest.fixture(scope="module")
def version(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    store = open_store(settings.store_url)
    trained, *_ = train(store, write_model(tmp_path_factory.mktemp("tree"), "flowers", FLOWERS))
    promoted(store, trained)
    return trained


def served(
    settings: Settings, modules: Sequence[str] = HEAVY
) -> tuple[dict[str, object], set[str]]:
    """Serve in a process of its own; return what it said and which of the modules it holds."""
    done = subprocess.run(
        [sys.executable, "-c", SERVER, settings.model_dump_json(), json.dumps(FLOWER)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout)
    return said, {*modules} & {*said.pop("imported")}


def test_a_server_of_proven_versions_imports_no_heavy_library(
    settings: Settings, version: Manifest
) -> None:
    said, imported = served(settings)

    assert version.proof is not None
    assert version.proof.uses_compiled
    assert imported == set()
    assert (said["codes"], said["label"]) == ([200] * 6, "setosa")
    (health,) = said["health"]["models"]  # type: ignore[index]
    assert (health["engine"], health["proven"], health["engine_reason"]) == ("plan", True, None)
    detail = said["detail"]
    assert isinstance(detail, dict)
    assert detail["proof"]["n_generated_rows"] >= 20_000


def test_a_server_of_a_version_that_is_not_proven_says_so_and_why(
    settings: Settings, version: Manifest
) -> None:
    store = open_store(settings.store_url)
    old = commit_version(store, version.model_copy(update={"run_id": "old", "proof": None}))
    chosen = settings.model_copy(update={"serve": (f"flowers@{old.version}",)})

    said, imported = served(chosen)

    assert {"pandas", "sklearn"} <= imported
    assert said["label"] == "setosa"
    (health,) = said["health"]["models"]  # type: ignore[index]
    assert health["engine"] == "scikit-learn (not proven)"
    assert not health["proven"]
    assert "train again" in health["engine_reason"]
