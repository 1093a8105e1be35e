"""Batch inference: the stored request is planned once and scored part by part."""

from prefect.logging import get_run_logger

from headgate.artifacts.serving import load_scorer
from headgate.documents.runs import InferBody, InferenceResult, Plan, Request
from headgate.errors import UsageError
from headgate.inference import planning, scoring_parts
from headgate.inference.accepting import FLOW, RunIdTakenError, accept, infer_body
from headgate.inference.finishing import finish as finish_plan
from headgate.inference.plans import (
    manifest_sha256,
    open_output,
    planned_manifest,
    version_to_use,
)
from headgate.inference.reading import RowReader
from headgate.runs import records as runs
from headgate.timing import utc_now
from tasks import opening, showing
from tasks.caching import always
from tasks.recording import current


@always
def find_request(
    run_id: str,
    model: str | None,
    input_uri: str | None,
    output_uri: str | None,
    version: str | None,
) -> Request:
    """Return the request stored under the run_id; without one, record what is asked here.

    Raises:
        UsageError: if there is none and nothing is asked.
        RunIdTakenError: if the stored request asks something else.
    """
    store = opening.store()
    stored = runs.read_request(store, run_id)
    if stored is not None:
        _check_asked(stored, model, input_uri, output_uri, version)
        return stored
    if model is None or input_uri is None:
        raise UsageError(
            f"No request {run_id!r} is stored, so batch-infer needs a model and an input_uri. Give "
            "both, or the run_id of an accepted request."
        )
    body = InferBody(
        model=model, input_uri=input_uri, output_uri=output_uri, version=version, run_id=run_id
    )
    accepted = accept(
        store,
        body,
        caller=str(current().by),
        idempotency_key=None,
        now=utc_now(),
        limits=opening.limits(),
        submit=False,
    )
    return accepted.request


def _check_asked(stored: Request, *asked: str | None) -> None:
    """Refuse to work on a stored request for somebody who asks another one.

    With a model and an input the question is complete; else only what is named is compared.
    """
    if stored.flow != FLOW:
        raise RunIdTakenError(stored.run_id, stored.flow)
    body = infer_body(stored)
    known = (body.model, body.input_uri, body.output_uri, body.version)
    complete = asked[0] is not None and asked[1] is not None
    pairs = zip(asked, known, strict=True)
    if any(mine != theirs for mine, theirs in pairs if complete or mine is not None):
        raise RunIdTakenError(stored.run_id, stored.flow)


@always
def make_plan(request: Request) -> Plan:
    """Freeze version and parts; a run that is resumed finds its plan."""
    store = opening.store()
    manifest = version_to_use(store, request)
    plan = planning.make_plan(store, request, manifest, manifest_sha256(store, manifest), utc_now())
    get_run_logger().info(
        "run %s: %d rows in %d parts with %s@%s",
        *(plan.run_id, plan.n_rows, len(plan.parts), plan.model, plan.version),
    )
    return plan


@always
def score_parts(plan: Plan) -> None:
    """Score every part that is not complete yet, one after the other."""
    store, settings = opening.store(), opening.settings()
    manifest = planned_manifest(store, plan)
    scorer = load_scorer(
        store, manifest, trusted_types=settings.trusted_types, models_dirs=settings.models_dirs
    )
    heart, bar = current().heart, showing.Progress(f"{plan.n_rows} rows of run {plan.run_id}")
    output, n_done = open_output(store, plan), 0
    heart.progress(0, plan.n_rows)
    with RowReader() as reader:
        for part in plan.parts:
            done = scoring_parts.score_part(store, plan, part, scorer, reader=reader, output=output)
            n_done += done.n_rows_in
            heart.progress(n_done, plan.n_rows)
            bar.move(n_done, plan.n_rows)


@always
def finish(plan: Plan) -> InferenceResult:
    """Check that every row in is a row out or a rejected row, and store the one result."""
    result = finish_plan(opening.store(), plan)
    get_run_logger().info(
        "run %s: %d rows in, %d out, %d rejected",
        *(result.run_id, result.n_rows_in, result.n_rows_out, result.n_rows_rejected),
    )
    return result
