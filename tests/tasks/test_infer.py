from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.logging import disable_run_logger

from headgate.documents.runs import InferBody
from headgate.errors import IntegrityError
from headgate.inference.accepting import Limits, RunIdTakenError, accept
from headgate.store import Store, open_store
from headgate.versions import manifest_key, read_manifest
from tasks.infer import find_request, make_plan, score_parts
from tests.builders import NOON, a_champion

INPUT = "/data/rows.csv"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("HEADGATE_STORE_URL", str(tmp_path / "store"))
    store = open_store(str(tmp_path / "store"))
    a_champion(store)
    with disable_run_logger():
        yield store


def accepted(store: Store, **asked: object) -> None:
    body = InferBody.model_validate({"model": "iris", "run_id": "r1", **asked})
    accept(store, body, caller="alice", idempotency_key=None, now=NOON, limits=Limits())


@pytest.mark.parametrize(
    ("model", "input_uri", "output_uri", "version"),
    [
        ("digits", None, None, None),
        ("iris", "/data/other.csv", None, None),
        (None, "/data/other.csv", None, None),
        ("iris", INPUT, "/data/out", None),
        ("iris", INPUT, None, "v0001"),
    ],
)
def test_a_run_id_under_which_something_else_was_asked_is_refused(
    store: Store,
    model: str | None,
    input_uri: str | None,
    output_uri: str | None,
    version: str | None,
) -> None:
    accepted(store, input_uri=INPUT)

    with pytest.raises(RunIdTakenError):
        find_request.fn("r1", model, input_uri, output_uri, version)


@pytest.mark.parametrize("asked", [(None, None), ("iris", None), ("iris", INPUT)])
def test_the_same_question_finds_its_stored_request(
    store: Store, asked: tuple[str | None, str | None]
) -> None:
    accepted(store, input_uri=INPUT)

    assert find_request.fn("r1", *asked, None, None).body["input_uri"] == INPUT


def test_posted_rows_are_not_the_answer_to_a_file(store: Store) -> None:
    accepted(store, instances=[{"x": 1}])

    with pytest.raises(RunIdTakenError):
        find_request.fn("r1", "iris", INPUT, None, None)


def test_a_version_altered_since_planning_does_not_score(store: Store) -> None:
    accepted(store, instances=[{"x": 1}])
    plan = make_plan.fn(find_request.fn("r1", None, None, None, None))
    altered = read_manifest(store, "iris", "v0001").model_copy(update={"owner": "mallory"})
    store.put(manifest_key("iris", "v0001"), altered.to_bytes())

    with pytest.raises(IntegrityError, match="its manifest was altered"):
        score_parts.fn(plan)
