"""The operator's way to start train, evaluate-gate, promote and retrain."""

from typing import Annotated, cast, get_args

from anyio import fail_after
from fastapi import APIRouter, Depends, Response
from pydantic import JsonValue, WithJsonSchema

from headgate import versions
from headgate.documents.base import Frozen
from headgate.errors import NotFoundError, UnreachableError, UsageError
from headgate.gate import reports as gates
from headgate.inference.accepting import run_id_of_key
from headgate.names import new_run_id
from headgate.runs.following import Started, current_status, start_run
from headgate.runs.status import Status
from headgate.spec_loading import list_specs
from serve.access.security import CallerDep, requires_somewhere
from serve.bodies.body import ObjectBody
from serve.bodies.validation import IdempotencyKey, one_idempotency_key, parse
from serve.errors import FlowUnknownError
from serve.failures import ERRORS
from serve.routes.flow_parameters import (
    PARAMETERS,
    FlowName,
    FlowParameters,
    GateParameters,
    PromoteParameters,
)
from serve.services import Services, ServicesDep

router = APIRouter(
    tags=["runs"], dependencies=[Depends(requires_somewhere("operate"))], responses=ERRORS
)

START_SECONDS = 4.5
POLL_AFTER = "1"
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"anyOf": [shape.model_json_schema() for shape in PARAMETERS.values()]},
                "examples": {
                    "train": {"value": {"model": "iris"}},
                    "evaluate-gate": {"value": {"model": "iris", "version": "v0002"}},
                    "promote": {"value": {"model": "iris", "version": "v0002", "reason": "better"}},
                    "retrain": {"value": {"model": "iris"}},
                },
            }
        },
    }
}
# Described as one of the known, and looked up here: an unknown flow is 404, not a wrong field.
Flow = Annotated[str, WithJsonSchema({"type": "string", "enum": list(get_args(FlowName))})]
UNDER_WAY: tuple[Status, ...] = ("queued", "running", "waiting", "retrying")


class RunStarted(Frozen):
    """A run that was started, or was under way or complete under this run_id already."""

    run_id: str
    flow: str
    status: Status
    status_url: str


@router.post(
    "/runs/{flow}",
    status_code=202,
    openapi_extra=BODY,
    dependencies=[Depends(one_idempotency_key)],
)
async def start_flow(
    flow: Flow,
    body: ObjectBody,
    caller: CallerDep,
    services: ServicesDep,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> RunStarted:
    """Start a flow and say where to follow it; the same run_id or key starts it once."""
    name = _known(flow)
    parameters = await services.aside(parse, PARAMETERS[name], body, f"Flow {name!r}")
    caller.must("operate", parameters.model)
    run_id = _run_id(parameters, caller.name, idempotency_key)
    try:
        with fail_after(START_SECONDS):
            status = await services.aside(_start, services, name, run_id, parameters, caller.name)
    except TimeoutError as err:
        raise UnreachableError(
            f"Prefect did not answer within {START_SECONDS:g} s. The run may start all the same: "
            f"look at /status/{run_id}, or send this again with run_id {run_id!r}."
        ) from err
    url = services.link(f"/status/{run_id}")
    response.headers["Location"] = url
    response.headers["Retry-After"] = POLL_AFTER
    return RunStarted(run_id=run_id, flow=name, status=status, status_url=url)


def _known(flow: str) -> FlowName:
    if flow in get_args(FlowName):
        return cast(FlowName, flow)
    raise FlowUnknownError(flow, get_args(FlowName))


def _run_id(parameters: FlowParameters, caller: str, key: str | None) -> str:
    if key is None:
        return parameters.run_id or new_run_id()
    if parameters.run_id not in (None, key):
        raise UsageError(
            "The body's run_id and the header Idempotency-Key differ. Send one of them, or the "
            "same text in both."
        )
    return parameters.run_id or run_id_of_key(caller, key)


def _start(
    services: Services, flow: FlowName, run_id: str, parameters: FlowParameters, caller: str
) -> Status:
    trouble = services.prefect.trouble()
    if trouble:
        raise UnreachableError(f"Flow {flow!r} was not started. {trouble}")
    _check_exists(services, flow, parameters)
    body: dict[str, JsonValue] = parameters.model_dump(mode="json", exclude={"run_id"})

    def start(*, lost: bool) -> Started:
        return start_run(
            services.writable(), services.client, flow, run_id, body, caller, lost=lost
        )

    try:
        if not start(lost=False).attached:
            return "queued"
        now = current_status(services.store, services.client, services.beats, run_id).status
        if now != "lost":
            return now
        start(lost=True)
    except NotFoundError as err:
        # The deployment is missing: for the caller a service that is not set up, not a wrong path.
        raise UnreachableError(str(err)) from err
    return "queued"


def _check_exists(services: Services, flow: FlowName, parameters: FlowParameters) -> None:
    """Refuse what the flow could only fail on.

    Raises:
        NotFoundError: if the version, the gate report or the model's file does not exist.
    """
    if isinstance(parameters, GateParameters | PromoteParameters):
        versions.read_manifest(services.store, parameters.model, parameters.version)
    if isinstance(parameters, PromoteParameters) and parameters.gate_id:
        gates.read_report(services.store, parameters.model, parameters.gate_id)
    declared = list_specs(services.settings.models_dirs)
    if declared and flow in ("train", "retrain") and parameters.model not in declared:
        raise NotFoundError(
            f"No model {parameters.model!r} is declared (there are: {', '.join(declared)})."
        )
