"""``evaluate-gate``: may a challenger take the champion's place?"""

from prefect import flow

from tasks.judge import check_servability, gather_evidence, judge, resolve_champion
from tasks.recording import recorded
from tasks.results import GateResult


@flow(name="evaluate-gate", persist_result=False)
@recorded("evaluate-gate", GateResult)
def evaluate_gate(model: str, version: str, run_id: str | None = None) -> GateResult:
    """Judge a version against the champion of this moment, on the same held-out rows.

    Args:
        model: Name of the model.
        version: The challenger, such as v0002.
        run_id: Name of this piece of work, and of the gate report. Repeating it judges once.
            Default: the flow run's id.
    """
    run_id = str(run_id)
    champion = resolve_champion(run_id, model)
    servability = check_servability(run_id, model, version)
    evidence = gather_evidence(run_id, model, version, champion, servability)
    return GateResult.of(judge(run_id, champion, evidence))
