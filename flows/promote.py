"""``promote``: make a judged version champion."""

from prefect import flow

from tasks.promote import append_promotion, verify_promotion
from tasks.recording import recorded
from tasks.results import PromoteResult


@flow(name="promote", persist_result=False)
@recorded("promote", PromoteResult)
def promote(
    model: str,
    version: str,
    gate_id: str | None = None,
    reason: str = "",
    run_id: str | None = None,
    canary: float | None = None,
) -> PromoteResult:
    """Make a version champion, by a PASS whose champion is still the champion.

    Args:
        model: Name of the model.
        version: The version to make champion, such as v0002.
        gate_id: The gate report to promote by. Default: the version's newest.
        reason: Why; written in the ledger.
        run_id: Name of this piece of work. Repeating it promotes once. Default: the flow run's
            id.
        canary: Give it this share of the traffic only, between 0 and 1. Default: all of it.
    """
    entry = append_promotion(str(run_id), model, version, gate_id, reason, canary)
    return verify_promotion(entry)
