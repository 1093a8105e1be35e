import pytest

from headgate import versions
from headgate.documents.base import sha256_of
from headgate.runs.records import read_attempts
from tests.flows.conftest import System

pytestmark = pytest.mark.stack


def states(system: System, run_id: str, attempt: int) -> dict[str, str | None]:
    """Return the states of the tasks of one attempt, by task, as Prefect tells them."""
    flow_run_id = read_attempts(system.store, run_id)[attempt - 1].flow_run_id
    assert flow_run_id is not None
    found = system.client.task_runs(flow_run_id)
    return {run.name.rpartition("-")[0]: run.state_name for run in found}


def test_iris_trains_end_to_end_through_the_worker(system: System) -> None:
    status = system.run("train", "train-iris", model="iris")

    assert status.status == "completed", status.reason
    assert status.result["version"] == "v0001"
    manifest = versions.read_manifest(system.store, "iris", "v0001")
    assert status.result["metrics"] == manifest.metrics
    assert manifest.metrics["accuracy"] > 0.8
    for file in manifest.files.values():
        assert sha256_of(system.store.get(file.key)) == file.sha256


def test_a_run_killed_after_the_fit_goes_on_from_there_and_makes_one_version(
    system: System,
) -> None:
    killed = system.run("train", "train-killed", model="killed")
    resumed = system.run("train", "train-killed", model="killed")

    assert killed.status == "lost"
    assert "SIGKILL" in killed.reason or "-9" in killed.reason
    assert resumed.status == "completed", resumed.reason
    assert states(system, "train-killed", 1)["fit-model"] == "Completed"
    assert states(system, "train-killed", 2) == {
        "load-data": "Cached",
        "fit-model": "Cached",
        "evaluate-model": "Completed",
        "commit-version": "Completed",
    }
    assert [m.run_id for m in versions.list_manifests(system.store, "killed")] == ["train-killed"]


def test_a_mistake_ends_the_run_as_failed_with_its_sentence(system: System) -> None:
    status = system.run("train", "train-nobody", model="nobody")

    assert status.status == "failed"
    assert "no model 'nobody'" in status.reason
