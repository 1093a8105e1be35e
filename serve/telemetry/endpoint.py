"""``GET /metrics``, for Prometheus."""

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends
from fastapi.responses import PlainTextResponse

from serve.access.security import CallerDep
from serve.failures import BESIDE_TEXT
from serve.services import ServicesDep
from serve.telemetry.exposition import CONTENT_TYPE


async def _may_look(caller: CallerDep) -> None:
    """Let in whoever may predict or operate, for every model: the metrics are of all."""
    if not caller.may("predict"):
        caller.must("operate")


router = APIRouter(tags=["health"], dependencies=[Depends(_may_look)], responses=BESIDE_TEXT)


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(services: ServicesDep) -> PlainTextResponse:
    """Show the metrics of all worker processes in Prometheus' text form."""
    text = await run_sync(services.telemetry.exposition)
    return PlainTextResponse(text, media_type=CONTENT_TYPE)
