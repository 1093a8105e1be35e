"""MLflow's scoring protocol: what its clients send to a model server.

A row that the contract refuses fails the whole request, and no answer repeats what was sent.
"""

from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse

from headgate import __version__
from headgate.documents.base import Frozen
from headgate.scoring.estimators import ClassValue
from serve.access.security import requires_somewhere
from serve.answering.asking import DefaultModel, NamedModel, all_answered
from serve.bodies.body import LARGE_BYTES, read_json
from serve.bodies.csv_rows import Columns
from serve.bodies.media_types import CSV, JSON, check_media_type
from serve.bodies.rows import read_columns
from serve.errors import NotServingError
from serve.live import LiveModel
from serve.protocols.mlflow_inputs import to_columns
from serve.services import Services, ServicesDep

TAG = "mlflow"


class Predictions(Frozen):
    """One prediction a row, in the target's own type; null where the model abstained."""

    predictions: list[ClassValue | None]


class ScoringFailure(Frozen):
    """What every failed request of this protocol answers."""

    error_code: str
    message: str


FAILURES: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ScoringFailure, "description": "What is wrong with the request, and where."},
    503: {"model": ScoringFailure, "description": "Not ready; ask again."},
}
SPLIT = {
    "type": "object",
    "required": ["data"],
    "properties": {
        "columns": {"type": "array", "items": {"type": "string"}},
        "index": {"type": "array", "items": {}},
        "data": {"type": "array", "items": {"type": "array", "items": {}}},
    },
}
RECORDS = {"type": "array", "minItems": 1, "items": {"type": "object"}}
ITEMS = {"type": "array", "minItems": 1, "items": {}}
FORMS = {
    "dataframe_records": RECORDS,
    "dataframe_split": SPLIT,
    "instances": ITEMS,
    "inputs": {"anyOf": [{"type": "object", "minProperties": 1}, ITEMS]},
}
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {
                    "oneOf": [
                        {"type": "object", "required": [name], "properties": {name: form}}
                        for name, form in FORMS.items()
                    ]
                }
            },
            CSV: {"schema": {"type": "string"}},
        },
    }
}

NOT_READY = {"schema": {"$ref": f"#/components/schemas/{ScoringFailure.__name__}"}}

health = APIRouter(
    tags=[TAG],
    responses={503: {"description": "Not ready; ask again.", "content": {JSON: NOT_READY}}},
)
default = APIRouter(
    tags=[TAG], dependencies=[Depends(requires_somewhere("predict"))], responses=FAILURES
)
named = APIRouter(
    tags=[TAG], dependencies=[Depends(requires_somewhere("predict"))], responses=FAILURES
)


@health.get("/ping", response_class=PlainTextResponse)
async def mlflow_ping(services: ServicesDep) -> str:
    """Say that every model of this server can answer."""
    if not services.ready:
        raise NotServingError("This server is not ready. GET /health says why.")
    return "\n"


@health.get("/version", response_class=PlainTextResponse)
async def mlflow_version() -> str:
    """Say which version of this server it is."""
    return __version__


@default.post("/invocations", openapi_extra=BODY)
async def mlflow_invocations(
    request: Request, live: DefaultModel, services: ServicesDep
) -> Predictions:
    """Answer rows by the default model, in MLflow's form."""
    return await _answered(request, live, services)


@named.post("/models/{model}/invocations", openapi_extra=BODY)
async def mlflow_invocations_by_model(
    request: Request, live: NamedModel, services: ServicesDep
) -> Predictions:
    """Answer rows, in MLflow's form."""
    return await _answered(request, live, services)


async def _answered(request: Request, live: LiveModel, services: Services) -> Predictions:
    columns = await _columns(request, live, services)
    scored = await all_answered(services, live, columns)
    return Predictions(predictions=list(scored.predictions))


async def _columns(request: Request, live: LiveModel, services: Services) -> Columns:
    if check_media_type(request, JSON, CSV) == CSV:
        return await read_columns(request, live)
    body = await read_json(request)
    names, most = live.scorer.contract.names, services.settings.max_inline_rows
    size = request.headers.get("content-length", "")
    large = not size.isdecimal() or int(size) > LARGE_BYTES
    return await run_sync(to_columns, body, names, most) if large else to_columns(body, names, most)
