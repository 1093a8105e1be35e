"""``train``: from data to a committed version."""

from prefect import flow
from pydantic import JsonValue

from tasks.data import load_data
from tasks.fit import commit_version, evaluate_model, fit_model
from tasks.recording import recorded
from tasks.results import TrainResult


@flow(name="train", persist_result=False)
@recorded("train", TrainResult, one_per_model=True)
def train(
    model: str,
    run_id: str | None = None,
    data: str | None = None,
    params: dict[str, JsonValue] | None = None,
    seed: int | None = None,
) -> TrainResult:
    """Train one version of a model. Nothing goes live by it.

    Args:
        model: Name of the model: the file models/NAME.py declares it.
        run_id: Name of this piece of work. Repeating it goes on where it stopped and makes no
            second version. Default: the flow run's id.
        data: URI of other data than the spec's source: CSV, Parquet or a folder of them.
        params: Arguments of the spec's estimator function, besides the seed.
        seed: Seed of the estimator. Default: the spec's.
    """
    run_id = str(run_id)
    rows = load_data(run_id, model, data)
    fitted = fit_model(run_id, model, rows, data, params, seed)
    measured = evaluate_model(run_id, model, rows, data, fitted)
    return TrainResult.of(commit_version(run_id, model, rows, fitted, measured))
