"""What a worker does for an accepted batch inference, in the test's own process."""

from datetime import UTC, datetime

from headgate.artifacts.loading import load_version
from headgate.inference.finishing import finish
from headgate.inference.planning import make_plan
from headgate.inference.plans import version_to_use
from headgate.inference.scoring_parts import score_part
from headgate.runs import records as runs
from headgate.store import Store


def work_off(store: Store, run_id: str) -> None:
    """Do what the flow does: plan, score every part, finish, end the attempt."""
    request = runs.read_request(store, run_id)
    assert request is not None
    attempt = runs.open_attempt(store, run_id, "batch-infer", number=1)
    manifest = version_to_use(store, request)
    plan = make_plan(store, request, manifest, "00", datetime.now(UTC))
    scorer = load_version(store, manifest)
    for part in plan.parts:
        score_part(store, plan, part, scorer)
    result = finish(store, plan)
    counts = result.model_dump(include={"n_rows_in", "n_rows_out", "n_rows_rejected"})
    runs.end_attempt(store, attempt, "completed", result=counts)
