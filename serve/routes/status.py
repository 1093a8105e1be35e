"""The truth about a run."""

from fastapi import APIRouter, Depends, Response

from headgate.runs.following import current_status
from headgate.runs.status import RunStatus
from serve.access.owning import check_owner
from serve.access.security import CallerDep, requires_somewhere
from serve.failures import ERRORS
from serve.routes.flow_parameters import RunId
from serve.routes.runs import POLL_AFTER, UNDER_WAY
from serve.services import ServicesDep

router = APIRouter(
    tags=["runs"], dependencies=[Depends(requires_somewhere("predict"))], responses=ERRORS
)


@router.get("/status/{run_id}")
async def show_status(
    run_id: RunId, caller: CallerDep, services: ServicesDep, response: Response
) -> RunStatus:
    """Say how a run is, since when and why; by what is stored, then by what Prefect says."""
    await services.aside(check_owner, services, run_id, caller)
    status = await services.aside(
        current_status, services.store, services.client, services.beats, run_id
    )
    if status.status in UNDER_WAY:
        response.headers["Retry-After"] = POLL_AFTER
    return status
