"""Gather the evidence about a challenger: load, score and time it beside the champion."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from headgate.data.holdout import Holdout
from headgate.documents.gate import Score
from headgate.documents.version import Manifest
from headgate.errors import ConflictError, HeadgateError
from headgate.gate.contestants import (
    Contestant,
    Judged,
    Opener,
    answer_change,
    opening_findings,
    tried,
    unlike,
)
from headgate.gate.evidence import Evidence, Finding, LatencyBlock, Servability
from headgate.gate.holdout import CommonRows, common_rows, holdout_sha256, own_rows
from headgate.gate.latency import MAX_ROWS, measure_latency
from headgate.gate.measuring import gain_interval, measure_trivial, measure_version
from headgate.gate.statistics import Interval
from headgate.store import Store


@dataclass(frozen=True, slots=True)
class _Comparison:
    """What the comparison on the common rows gave."""

    rows: CommonRows
    scored: Finding
    scores: tuple[Score, ...] = ()
    trivial_score: Score | None = None
    champion_scored: Finding | None = None
    champion_scores: tuple[Score, ...] = ()
    breaks: tuple[str, ...] | None = None
    interval: Interval | None = None
    latency: tuple[LatencyBlock, ...] = ()


def gather_evidence(
    store: Store,
    challenger: Manifest,
    champion: Manifest | None,
    *,
    trusted_types: Collection[str] = (),
    models_dirs: Sequence[Path] = (),
    servability: Servability | None,
) -> Evidence:
    """Measure everything the judgement of a challenger rests on, here and now.

    Whatever is wrong with a version becomes evidence; only a store that fails raises.

    Raises:
        ConflictError: if the two are one version, which says nothing.
        UnreachableError: if the store cannot be reached.
    """
    if champion is not None and champion.version == challenger.version:
        raise ConflictError(
            f"{challenger.model}@{challenger.version} is the champion itself; compared with itself "
            "it says nothing. Name another version."
        )
    opener = Opener(store, trusted_types, models_dirs)
    new, error = tried(lambda: opener.judged(challenger))
    old, old_error = tried(lambda: opener.contestant(champion)) if champion else (None, None)
    loads, golden = opening_findings(error)
    found = _unmeasured(challenger) if new is None else _compare(new, old, old_error)
    return Evidence(
        model=challenger.model,
        version=challenger.version,
        champion=None if champion is None else champion.version,
        rules=challenger.rules,
        loads=loads,
        golden=golden,
        scored=found.scored,
        servability=servability,
        champion_loads=None if champion is None else _champion_loads(old_error),
        champion_scored=found.champion_scored,
        breaks=found.breaks,
        answers=None if champion is None else answer_change(challenger.classes, champion.classes),
        holdout_sha256=found.rows.sha256,
        n_rows=found.rows.holdout.n_rows,
        n_rows_dropped=found.rows.n_rows_dropped,
        n_rows_refused=found.rows.n_rows_refused,
        scores=found.scores,
        champion_scores=found.champion_scores,
        trivial_score=found.trivial_score,
        interval=found.interval,
        latency=found.latency,
    )


def _unmeasured(challenger: Manifest) -> _Comparison:
    nothing = Holdout({}, [])
    rows = CommonRows(nothing, holdout_sha256(nothing, challenger.rules.target), 0, 0)
    return _Comparison(rows, Finding(passed=None, detail="not tried: the version did not load"))


def _champion_loads(error: HeadgateError | None) -> Finding:
    if error is None:
        return Finding(passed=True, detail="loaded beside the challenger")
    return Finding(passed=None, detail=str(error))


def _compare(
    challenger: Judged, champion: Contestant | None, champion_error: HeadgateError | None
) -> _Comparison:
    """Score what can be scored; a champion that cannot leaves its side empty and says why."""
    why = _why_unscored(challenger, champion, champion_error)
    rival = champion if why is None else None
    rules, metric = challenger.scorer.rules, challenger.scorer.rules.metrics.primary
    rows = common_rows(
        challenger.holdout, challenger.trained, None if rival is None else rival.trained
    )
    new, error = tried(lambda: measure_version(challenger.scorer, rules, rows))
    trivial, _ = tried(lambda: measure_trivial(challenger.reference, rules, rows))
    alone = _Comparison(
        rows=rows,
        scored=_scored(error, failed=False),
        scores=() if new is None else new.scores,
        trivial_score=trivial,
        champion_scored=None if why is None else Finding(passed=None, detail=why),
        breaks=_breaks(challenger, champion),
    )
    if rival is None:
        return alone
    old, old_error = tried(lambda: measure_version(rival.scorer, rules, rows))
    beside = replace(
        alone,
        champion_scored=_scored(old_error, failed=None),
        champion_scores=() if old is None else old.scores,
    )
    if new is None or old is None:
        return beside
    interval, _ = tried(lambda: gain_interval(metric, new.truth, old.truth))
    latency, _ = tried(lambda: _latency(challenger, rival, rows))
    return replace(beside, interval=interval, latency=latency or ())


def _why_unscored(
    challenger: Judged, champion: Contestant | None, error: HeadgateError | None
) -> str | None:
    if error is not None:
        return "it did not load"
    return None if champion is None else unlike(challenger, champion)


def _breaks(challenger: Judged, champion: Contestant | None) -> tuple[str, ...] | None:
    if champion is None:
        return None
    return challenger.scorer.contract.breaks(champion.scorer.contract)


def _scored(error: HeadgateError | None, *, failed: bool | None) -> Finding:
    if error is None:
        return Finding(passed=True, detail="scored on the common rows")
    return Finding(passed=failed, detail=str(error))


def _latency(
    challenger: Judged, champion: Contestant, rows: CommonRows
) -> tuple[LatencyBlock, ...]:
    new = own_rows(rows.holdout, challenger.scorer.contract, MAX_ROWS)
    old = own_rows(rows.holdout, champion.scorer.contract, MAX_ROWS)
    return measure_latency(challenger.scorer, champion.scorer, list(zip(new, old, strict=True)))
