"""Asynchronous inference: accept, cancel and retry; acceptance needs the store only."""

from datetime import UTC, datetime
from pathlib import Path

from fastapi import APIRouter, Depends, Response
from pydantic import Field, JsonValue

from headgate.artifacts.files import read_contract
from headgate.contract import Contract
from headgate.documents.base import Frozen
from headgate.errors import FieldError, InvalidInputError, UsageError
from headgate.inference.accepting import (
    Accepted,
    Limits,
    accept,
    check_input,
    check_output,
    run_id_of_key,
)
from headgate.inference.cancelling import cancel
from headgate.inference.retrying import retry
from headgate.names import VersionRef
from headgate.runs import records as runs
from headgate.runs.following import current_status
from headgate.runs.status import RunStatus, Status
from headgate.settings import Settings
from headgate.versions import resolve
from serve.access.owning import check_owner
from serve.access.security import Caller, CallerDep, requires_somewhere
from serve.bodies.body import NoBody, ObjectBody
from serve.bodies.validation import IdempotencyKey, one_idempotency_key, parse
from serve.errors import row_count, row_field
from serve.failures import ERRORS
from serve.routes.flow_parameters import RunId
from serve.routes.infer_body import InferRequest
from serve.services import Services, ServicesDep

router = APIRouter(
    tags=["infer"], dependencies=[Depends(requires_somewhere("predict"))], responses=ERRORS
)

POLL_AFTER = "1"
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": InferRequest.model_json_schema(),
                "example": {"model": "iris", "input_uri": "data/new.parquet"},
            }
        },
    }
}


class InferAccepted(Frozen):
    """An accepted request; it will not be lost, and repeating it does nothing."""

    run_id: str
    status: Status
    reason: str = Field("", description="Why it waits, if it does.")
    status_url: str
    result_url: str


@router.post(
    "/infer",
    status_code=202,
    openapi_extra=BODY,
    dependencies=[Depends(one_idempotency_key)],
)
async def start_inference(
    body: ObjectBody,
    caller: CallerDep,
    services: ServicesDep,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> InferAccepted:
    """Accept a batch inference over inline rows or files, and say where to follow it."""
    request = await services.aside(_parsed, services, body)
    status = await services.aside(_accept, services, request, caller, idempotency_key)
    return _answer(services, status, response)


@router.post("/infer/{run_id}/retry", status_code=202)
async def retry_inference(
    run_id: RunId, _: NoBody, caller: CallerDep, services: ServicesDep, response: Response
) -> InferAccepted:
    """Try a failed or lost run again; parts that are complete stay."""
    await services.aside(check_owner, services, run_id, caller)
    status = await services.aside(_retry, services, run_id)
    return _answer(services, status, response)


@router.delete("/infer/{run_id}")
async def cancel_inference(
    run_id: RunId, caller: CallerDep, services: ServicesDep, reason: str = ""
) -> RunStatus:
    """Cancel a run; what it does after this does not count."""
    await services.aside(check_owner, services, run_id, caller)
    return await services.aside(_cancel, services, run_id, caller.name, reason[:500])


def _parsed(services: Services, body: dict[str, JsonValue]) -> InferRequest:
    rows, most = body.get("instances"), services.settings.max_inline_rows
    if isinstance(rows, list) and not 1 <= len(rows) <= most:
        raise row_count(len(rows), most)
    return parse(InferRequest, body, "A batch inference")


def _accept(
    services: Services, request: InferRequest, caller: Caller, key: str | None
) -> RunStatus:
    caller.must("predict", request.model)
    limits = _limits(services.settings)
    _check_uris(request, limits, services.store.url)
    run_id = request.run_id or (run_id_of_key(caller.name, key) if key else None)
    if run_id is None or runs.read_request(services.store, run_id) is None:
        _check_rows(services, request)
    accepted: Accepted = accept(
        services.writable(),
        request.as_body(),
        caller=caller.name,
        idempotency_key=key,
        now=datetime.now(UTC),
        limits=limits,
    )
    services.submitter.wake()
    if not accepted.created:
        return _status(services, accepted.request.run_id)
    return RunStatus(
        run_id=accepted.request.run_id,
        flow=accepted.request.flow,
        status="queued",
        reason=services.prefect.trouble() or "",
        submitted_at=accepted.request.accepted_at,
    )


def _check_uris(request: InferRequest, limits: Limits, store_url: str) -> None:
    fields = []
    checks = {"input_uri": check_input, "output_uri": check_output}
    for name, check in checks.items():
        uri = getattr(request, name)
        try:
            if uri is not None:
                check(uri, limits, store_url)
        except UsageError as err:
            fields.append(FieldError(name, str(err)))
    if fields:
        raise InvalidInputError(" ".join(field.problem for field in fields), fields)


def _check_rows(services: Services, request: InferRequest) -> None:
    """Refuse inline rows none of which the contract accepts; the others become rejected rows.

    Raises:
        InvalidInputError: naming every wrong field.
    """
    if request.instances is None:
        return
    errors = _contract(services, request).clean(request.instances).errors
    if len(errors) < len(request.instances):
        return
    fields = [row_field(row, field) for row, wrong in sorted(errors.items()) for field in wrong]
    raise InvalidInputError(
        f"None of the {len(errors)} rows fits the contract of {request.model}. "
        f"GET /models/{request.model} shows the contract.",
        fields,
    )


def _contract(services: Services, request: InferRequest) -> Contract:
    manifest = resolve(services.store, VersionRef(request.model, request.version))
    live = services.live.loaded(request.model)
    if live is not None and live.version == manifest.version:
        return live.scorer.contract
    return read_contract(services.store, manifest)


def _limits(settings: Settings) -> Limits:
    """Say what a request may name; whoever needs a key may not read the server's whole disk."""
    roots = (Path.cwd() / "data",) if settings.has_keys else ()
    return Limits(max_inline_rows=settings.max_inline_rows, roots=roots)


def _retry(services: Services, run_id: str) -> RunStatus:
    lost = _status(services, run_id).status == "lost"
    retry(services.writable(), run_id, lost=lost)
    services.submitter.wake()
    return _status(services, run_id)


def _cancel(services: Services, run_id: str, by: str, reason: str) -> RunStatus:
    # Without Prefect the submitter cancels the flow run as soon as it is back.
    client = None if services.prefect.trouble() else services.client
    cancel(services.writable(), client, run_id, by=by, reason=reason)
    services.submitter.wake()
    return _status(services, run_id)


def _status(services: Services, run_id: str) -> RunStatus:
    return current_status(services.store, services.client, services.beats, run_id)


def _answer(services: Services, status: RunStatus, response: Response) -> InferAccepted:
    url = services.link(f"/status/{status.run_id}")
    response.headers["Location"] = url
    response.headers["Retry-After"] = POLL_AFTER
    return InferAccepted(
        run_id=status.run_id,
        status=status.status,
        reason=status.reason,
        status_url=url,
        result_url=services.link(f"/results/{status.run_id}"),
    )
