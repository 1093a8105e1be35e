"""``retrain``: train, judge, and let what passes be promoted."""

from prefect import flow
from pydantic import JsonValue

from flows.evaluate_gate import evaluate_gate
from flows.train import train
from headgate.names import derive_run_id
from tasks.data import load_data
from tasks.recording import recorded
from tasks.results import RetrainResult
from tasks.retrain import find_change, follow_verdict, start_unscheduled


@flow(name="retrain", persist_result=False)
@recorded("retrain", RetrainResult, one_per_model=True)
def retrain(
    model: str | None = None,
    run_id: str | None = None,
    data: str | None = None,
    params: dict[str, JsonValue] | None = None,
) -> RetrainResult:
    """Train a version if anything changed, judge it, and start the promotion of what passes.

    Args:
        model: Name of the model. Default: start one run for every model without a schedule of
            its own.
        run_id: Name of this piece of work. Repeating it goes on where it stopped. Default: the
            flow run's id.
        data: URI of other data than the spec's source: CSV, Parquet or a folder of them.
        params: Arguments of the spec's estimator function, besides the seed.
    """
    run_id = str(run_id)
    if model is None:
        return RetrainResult.of_many(run_id, start_unscheduled(run_id))
    training = derive_run_id(run_id, "train")
    change = find_change(run_id, model, load_data(training, model, data), params)
    if not change.is_needed:
        return RetrainResult.no_action(run_id, model, change.latest)
    trained = train(model, training, data, params)
    judged = evaluate_gate(model, trained.version, derive_run_id(run_id, "gate"))
    return RetrainResult.of_one(run_id, follow_verdict(run_id, trained, judged))
