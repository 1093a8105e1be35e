"""Whose run it is: a caller sees and changes its own, an operator all of them."""

from headgate.runs import records as runs
from serve.access.security import Caller
from serve.services import Services


def check_owner(services: Services, run_id: str, caller: Caller) -> None:
    """Refuse a caller whose run it is not; a run that does not exist is left to who looks for it.

    Raises:
        ForbiddenError: if somebody else asked for it and the caller is no operator.
    """
    request = runs.read_request(services.store, run_id)
    if request is not None and request.caller != caller.name:
        caller.must("operate")
