"""What a batch inference answered."""

from fastapi import APIRouter, Depends, Response

from headgate.inference.results import ResultBody, read_result
from headgate.runs.following import current_status
from headgate.runs.status import RunStatus
from serve.access.owning import check_owner
from serve.access.security import CallerDep, requires_somewhere
from serve.errors import RunLostError
from serve.failures import ERRORS
from serve.routes.flow_parameters import RunId
from serve.routes.runs import POLL_AFTER, UNDER_WAY
from serve.services import Services, ServicesDep

router = APIRouter(
    tags=["infer"], dependencies=[Depends(requires_somewhere("predict"))], responses=ERRORS
)


@router.get("/results/{run_id}", responses={202: {"model": RunStatus}})
async def show_result(
    run_id: RunId, caller: CallerDep, services: ServicesDep, response: Response
) -> ResultBody | RunStatus:
    """Show a result; 202 with the status while there is none yet, 409 when there will be none."""
    await services.aside(check_owner, services, run_id, caller)
    found = await services.aside(_result, services, run_id)
    if isinstance(found, RunStatus):
        response.status_code = 202
        response.headers["Retry-After"] = POLL_AFTER
        response.headers["Location"] = services.link(f"/status/{run_id}")
    return found


def _result(services: Services, run_id: str) -> ResultBody | RunStatus:
    status = current_status(services.store, services.client, services.beats, run_id)
    if status.status in UNDER_WAY:
        return status
    if status.status == "lost":
        raise RunLostError(run_id, status.reason)
    return read_result(services.store, run_id, max_rows=services.settings.max_inline_rows)
