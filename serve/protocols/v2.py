"""The Open Inference Protocol, version 2, over REST.

Inputs are a tensor for each column of the contract, ``[n]`` or ``[n, 1]``, or one ``[n, columns]``
matrix where all columns are numbers. Numbers are taken in every width. A missing number is NaN, or
null in JSON; a column that may be missing may be left out. A row that the contract refuses fails
the whole request.
"""

from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Request, Response

from headgate.scoring.answers import Scored
from serve.access.security import requires_somewhere
from serve.answering.asking import NamedModel, NamedVersion, all_answered, loaded_versions
from serve.bodies.body import LARGE_BYTES, read_bytes
from serve.bodies.csv_rows import Columns
from serve.bodies.media_types import JSON, OCTETS, check_media_type
from serve.live import LiveModel
from serve.protocols.v2_bodies import SERVER, Asked, read_request, write_response
from serve.protocols.v2_inputs import input_metadata, to_columns
from serve.protocols.v2_outputs import choose_outputs, outputs_of, write_outputs
from serve.protocols.v2_shapes import (
    InferenceError,
    InferenceRequest,
    InferenceResponse,
    ModelMetadata,
    ServerMetadata,
)
from serve.services import Services, ServicesDep

Responses = dict[int | str, dict[str, Any]]

TAG = "v2"
FAILURES: Responses = {
    "4XX": {"model": InferenceError, "description": "What is wrong with the request, and where."},
    503: {"model": InferenceError, "description": "Not ready; ask again."},
}
EMPTY: Responses = {200: {"description": "Yes; the body is empty."}}
NOT_READY: Responses = {503: {"description": "Not now; the body is empty."}}
PLATFORM = "sklearn"
BODY = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": {"$ref": "#/components/schemas/InferenceRequest"}}},
    }
}
BYTES = {"schema": {"type": "string", "format": "binary"}}
ANSWER: Responses = {200: {"model": InferenceResponse, "content": {OCTETS: BYTES}}}

health = APIRouter(prefix="/v2", tags=[TAG])
router = APIRouter(
    prefix="/v2",
    tags=[TAG],
    dependencies=[Depends(requires_somewhere("predict"))],
    responses=FAILURES,
)


@health.get("/health/live", response_class=Response, responses=EMPTY)
async def v2_live() -> Response:
    """Say that the process answers."""
    return Response()


@health.get("/health/ready", response_class=Response, responses={**EMPTY, **NOT_READY})
async def v2_ready(services: ServicesDep) -> Response:
    """Say whether every model of this server can answer."""
    return Response(status_code=200 if services.ready else 503)


@health.get("/", include_in_schema=False)
@health.get("")
async def v2_server() -> ServerMetadata:
    """Describe this server."""
    return SERVER


@router.get("/models/{model}/ready", response_class=Response, responses=EMPTY)
async def v2_model_ready(_: NamedModel) -> Response:
    """Say whether a model can answer."""
    return Response()


@router.get("/models/{model}/versions/{version}/ready", response_class=Response, responses=EMPTY)
async def v2_version_ready(_: NamedVersion) -> Response:
    """Say whether a version of a model can answer."""
    return Response()


@router.get("/models/{model}")
async def v2_model(live: NamedModel, services: ServicesDep) -> ModelMetadata:
    """Describe a model's inputs and outputs."""
    return await _metadata(live, services)


@router.get("/models/{model}/versions/{version}")
async def v2_version(live: NamedVersion, services: ServicesDep) -> ModelMetadata:
    """Describe the inputs and outputs of a version."""
    return await _metadata(live, services)


@router.post("/models/{model}/infer", openapi_extra=BODY, responses=ANSWER)
async def v2_infer(request: Request, live: NamedModel, services: ServicesDep) -> Response:
    """Answer tensors by the live version of a model."""
    return await _infer(request, live, services)


@router.post("/models/{model}/versions/{version}/infer", openapi_extra=BODY, responses=ANSWER)
async def v2_version_infer(request: Request, live: NamedVersion, services: ServicesDep) -> Response:
    """Answer tensors by a version of a model."""
    return await _infer(request, live, services)


async def _metadata(live: LiveModel, services: Services) -> ModelMetadata:
    contract = live.scorer.contract
    scored = await services.scoring.rows(live, [contract.example()])
    return ModelMetadata(
        name=live.model,
        versions=[loaded.version for loaded in loaded_versions(services, live.model)],
        platform=PLATFORM,
        inputs=input_metadata(contract),
        outputs=[output.metadata() for output in outputs_of(live, scored).values()],
    )


async def _infer(request: Request, live: LiveModel, services: Services) -> Response:
    # Clients of this protocol often declare nothing.
    check_media_type(request, JSON, OCTETS, "")
    data = await read_bytes(request)
    most = services.settings.max_inline_rows

    def read() -> tuple[Asked, Columns]:
        asked = read_request(request, data)
        return asked, to_columns(asked.tensors, live.scorer.contract, most)

    large = len(data) > LARGE_BYTES
    asked, columns = await run_sync(read) if large else read()
    scored = await all_answered(services, live, columns)

    def write() -> Response:
        return _answer(live, scored, asked.request)

    return await run_sync(write) if large else write()


def _answer(live: LiveModel, scored: Scored, asked: InferenceRequest) -> Response:
    wanted = choose_outputs(outputs_of(live, scored), asked.outputs, asked.parameters)
    tensors, binary = write_outputs(live, scored, wanted)
    answer = InferenceResponse(
        model_name=live.model, model_version=live.version, id=asked.id, outputs=tensors
    )
    return write_response(answer, binary)
