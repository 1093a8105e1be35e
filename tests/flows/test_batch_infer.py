from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.batch_infer import batch_infer
from flows.train import train
from headgate.documents.runs import InferBody
from headgate.errors import UsageError
from headgate.inference.accepting import Limits, accept
from headgate.inference.submitting import Submitter
from headgate.runs.following import Started
from tests.flows.conftest import System

pytestmark = pytest.mark.stack


@pytest.fixture
def input_uri(tmp_path: Path) -> str:
    """Write three rows, of which the second one cannot be used."""
    path = tmp_path / "rows.csv"
    path.write_text("a,b,c,d\n5.1,3.5,1.4,0.2\n5.1,wide,1.4,0.2\n6.7,3.0,5.2,2.3\n")
    return str(path)


@pytest.fixture
def version(inside: System) -> str:  # noqa: ARG001
    return train("batched", "batch-train").version


def test_a_file_is_scored_from_the_form_and_every_row_is_accounted_for(
    inside: System, input_uri: str, version: str
) -> None:
    first = batch_infer("batch-1", model="batched", input_uri=input_uri, version=version)
    again = batch_infer("batch-1")

    assert (first.n_rows_in, first.n_rows_out, first.n_rows_rejected) == (3, 2, 1)
    assert (first.model, first.version) == ("batched", version)
    assert again == first
    assert inside.store.names("runs/batch-1/parts") == [
        "part-00000.json",
        "part-00000.parquet",
        "part-00000.rejected.parquet",
    ]


def test_an_accepted_request_is_worked_on_by_the_worker(
    inside: System, input_uri: str, version: str
) -> None:
    accept(
        inside.store,
        InferBody(model="batched", input_uri=input_uri, version=version, run_id="batch-2"),
        caller="alice",
        idempotency_key=None,
        now=datetime.now(UTC),
        limits=Limits(),
    )

    Submitter(inside.store, inside.client).run_once()
    status = inside.end(Started("batch-2", None))

    assert status.status == "completed", status.reason
    assert (status.n_rows_in, status.n_rows_out, status.n_rows_rejected) == (3, 2, 1)
    assert (status.n_done, status.n_total) == (3, 3)


@pytest.mark.usefixtures("inside")
def test_a_run_id_nobody_asked_under_needs_a_model_and_an_input() -> None:
    with pytest.raises(UsageError, match="No request 'batch-3' is stored"):
        batch_infer("batch-3")
