"""The judgement: what the evidence says, and nothing else."""

from collections.abc import Sequence
from datetime import datetime

from headgate.documents.base import Frozen
from headgate.documents.gate import Check, GateReport, Verdict
from headgate.gate import checks
from headgate.gate.comparing import require_same_rows
from headgate.gate.evidence import Evidence


class Judgement(Frozen):
    """The verdict, the sentence that explains it, and every check behind it."""

    verdict: Verdict
    reason: str
    checks: tuple[Check, ...]


def judge(evidence: Evidence) -> Judgement:
    """Judge a challenger by the evidence.

    Raises:
        IncomparableScoresError: if a score was measured on other rows than the evidence says.
    """
    require_same_rows(evidence.all_scores(), evidence.holdout_sha256, evidence.n_rows)
    made = (*_sound(evidence), *_good(evidence), *_no_worse(evidence))
    verdict, reason = decide(made)
    return Judgement(verdict=verdict, reason=reason, checks=made)


def decide(made: Sequence[Check]) -> tuple[Verdict, str]:
    """Return the verdict of some checks and its reason; no checks decide nothing.

    >>> decide([])
    ('INCONCLUSIVE', 'nothing was checked')
    >>> decide([Check(name="loads", passed=True, detail="it loads")])
    ('PASS', 'passed all 1 checks')
    """
    failed = [check for check in made if check.passed is False]
    undecided = [check for check in made if check.passed is None]
    if failed:
        return "FAIL", _listed(failed)
    if undecided:
        return "INCONCLUSIVE", _listed(undecided)
    if not made:
        return "INCONCLUSIVE", "nothing was checked"
    return "PASS", f"passed all {len(made)} checks"


def compose_report(
    evidence: Evidence,
    judgement: Judgement,
    *,
    gate_id: str,
    run_id: str,
    manifest_sha256: str,
    ledger_seq: int,
    ledger_head_sha256: str | None,
    judged_at: datetime,
    by: str,
) -> GateReport:
    """Return the report of a judgement, made against the ledger's head of that moment."""
    return GateReport(
        gate_id=gate_id,
        run_id=run_id,
        model=evidence.model,
        version=evidence.version,
        manifest_sha256=manifest_sha256,
        champion=evidence.champion,
        ledger_seq=ledger_seq,
        ledger_head_sha256=ledger_head_sha256,
        verdict=judgement.verdict,
        reason=judgement.reason,
        checks=judgement.checks,
        scores=evidence.all_scores(),
        metric=evidence.rules.metrics.primary,
        holdout_sha256=evidence.holdout_sha256,
        n_rows=evidence.n_rows,
        n_rows_dropped=evidence.n_rows_dropped,
        judged_at=judged_at,
        by=by,
    )


def _sound(evidence: Evidence) -> list[Check]:
    """Return the checks that the challenger is whole and can be served."""
    return [
        checks.finding("loads", evidence.loads),
        checks.finding("golden_rows", evidence.golden),
        checks.finding("scored", evidence.scored),
        checks.answers_rows(evidence.n_rows, evidence.n_rows_refused),
        checks.servable(evidence.servability),
    ]


def _good(evidence: Evidence) -> list[Check]:
    """Return the checks of the challenger by itself."""
    rules, metric = evidence.rules.gate, evidence.rules.metrics.primary
    score = evidence.score(metric)
    made = [checks.measured(metric, score)]
    if rules.floor is not None:
        made.append(checks.floor(metric, score, rules.floor))
    others = ((m, limit) for m, limit in sorted(rules.floors.items()))
    made += [checks.floor(m, evidence.score(m), limit) for m, limit in others]
    made.append(checks.beats_trivial(score, evidence.trivial_score))
    enough = checks.enough_rows(evidence.n_rows, evidence.n_rows_dropped, rules.min_rows)
    return [enough, *_weighed(made, evidence, enough)]


def _no_worse(evidence: Evidence) -> list[Check]:
    """Return the checks against the champion; none where there is none."""
    if evidence.champion is None:
        return []
    rules, metric = evidence.rules.gate, evidence.rules.metrics.primary
    enough = checks.enough_rows(evidence.n_rows, evidence.n_rows_dropped, rules.min_rows)
    compared = checks.non_inferior(
        evidence.score(metric), evidence.champion_score(metric), rules, evidence.interval
    )
    return [
        checks.contract_compatible(evidence.breaks),
        checks.answers_compatible(evidence.answers),
        checks.finding("champion_loads", evidence.champion_loads),
        checks.finding("champion_scored", evidence.champion_scored),
        *_weighed([compared], evidence, enough),
        checks.latency(evidence.latency, rules),
    ]


def _weighed(made: list[Check], evidence: Evidence, enough: Check) -> list[Check]:
    """Return checks of quality as they are, or undecided where they rest on too little."""
    if evidence.scored.passed is not True:
        why = "the challenger was not scored"
    elif not enough.passed:
        why = "too few rows"
    else:
        return made
    return [
        check.model_copy(update={"passed": None, "detail": f"{why}; {check.detail}"})
        for check in made
    ]


def _listed(made: Sequence[Check]) -> str:
    return "; ".join(f"{check.name} ({check.detail.rstrip('.')})" for check in made)
