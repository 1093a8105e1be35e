"""``batch-infer``: score a file or posted rows, whatever their number."""

from prefect import flow

from tasks.infer import find_request, finish, make_plan, score_parts
from tasks.recording import recorded
from tasks.results import BatchResult


@flow(name="batch-infer", persist_result=False)
@recorded("batch-infer", BatchResult)
def batch_infer(
    run_id: str | None = None,
    attempt: int | None = None,  # noqa: ARG001 - read where the run is recorded
    model: str | None = None,
    input_uri: str | None = None,
    output_uri: str | None = None,
    version: str | None = None,
) -> BatchResult:
    """Score every row of an input; each is an answer or a rejected row with its reason.

    Args:
        run_id: The accepted request to work on, or a name for what is asked here. Repeating it
            goes on where it stopped. Default: the flow run's id.
        attempt: Number of the attempt that was opened for this flow run. Leave it empty.
        model: Name of the model, where no request was accepted before.
        input_uri: CSV, Parquet or a folder of them; local or s3://.
        output_uri: Folder for the answers. Default: the store.
        version: Version to use, such as v0002. Default: the champion of the start.
    """
    request = find_request(str(run_id), model, input_uri, output_uri, version)
    plan = make_plan(request)
    score_parts(plan)
    return BatchResult.of(finish(plan))
