"""Prove a version's compiled forms, and choose what serves it."""

import logging
import warnings
from collections.abc import Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from headgate.compiled import CompiledForm, read_form
from headgate.documents.proof import SCIKIT_LEARN, Proof, Timings
from headgate.proving.choose import choose_engine, measure
from headgate.proving.comparing import MAX_SECONDS, Comparison
from headgate.proving.contenders import Contender, Read, check_golden_rows, contender
from headgate.proving.jumps import jump_rows
from headgate.proving.material import Material, Proven, bounded, not_proven
from headgate.proving.rows import generate_rows, has_images, needed_rows
from headgate.proving.thresholds import thresholds_of
from headgate.scoring.rows import RowScorer
from headgate.scoring.scorer import Scorer

LOG = logging.getLogger(__name__)

MAX_ROUNDS = 6
SEED_STEP = 7919
SPARE_SHARE, SPARE_ROWS = 0.04, 500


def prove(
    reference: Scorer,
    forms: Sequence[CompiledForm],
    problems: Sequence[str],
    material: Material,
    *,
    read: Read = read_form,
    max_seconds: float = MAX_SECONDS,
) -> Proven:
    """Compare forms with scikit-learn on the holdout and on generated rows, and choose.

    ``problems`` say why other engines could not be built, ``max_seconds`` how long rows may be
    compared: a model that is too slow to be compared on enough of them is not proven. Equal forms
    and material give equal proofs but for the timings, and for the choice that rests on them.
    """
    # Rows are generated to overflow and to be unknown; libraries may warn of it. One thread, as
    # the service gives a model: times are then those it will take, and steadier.
    with warnings.catch_warnings(), np.errstate(all="ignore"), threadpool_limits(1):
        warnings.simplefilter("ignore")
        contenders, unreadable = _contenders(reference, forms, material.tolerance, read)
        problems = [*problems, *unreadable]
        if not contenders:
            reason = "; ".join(problems) or "no form could be compiled"
            return not_proven(reason, material.tolerance)
        comparison = Comparison(reference, contenders, max_seconds)
        _go_through(comparison, reference, material)
        for one in contenders:
            check_golden_rows(one, material.golden)
        return _outcome(comparison, problems, material)


def _contenders(
    reference: Scorer, forms: Sequence[CompiledForm], tolerance: float, read: Read
) -> tuple[list[Contender], list[str]]:
    made, problems = [], []
    for form in forms:
        try:
            made.append(contender(form, reference, tolerance, read))
        # A form that cannot be written or read is not proven; the training goes on.
        except Exception as err:
            LOG.warning("a form cannot be read back", exc_info=True)
            problems.append(f"{form.engine}: cannot be read back ({type(err).__name__})")
    return made, problems


def _go_through(comparison: Comparison, reference: Scorer, material: Material) -> None:
    """Compare on the holdout, on generated rows, and on rows beside the jumps of the answers."""
    comparison.compare(material.holdout, "holdout")
    contract, seen = reference.contract, material.seen
    thresholds, position = thresholds_of(reference.estimator), 0
    needed = needed_rows(contract)
    for number in range(MAX_ROUNDS):
        missing = needed - comparison.n_compared["generated"]
        if comparison.late or missing <= 0:
            break
        seed = material.seed + SEED_STEP * number
        n_rows = int((1 + SPARE_SHARE) * missing) + SPARE_ROWS * number
        rows = generate_rows(contract, seen.values, thresholds, seed, n_rows)
        comparison.compare(rows, "generated", position)
        position += rows.n_rows
    if len(thresholds) and not comparison.late:
        rng = np.random.default_rng(material.seed)
        comparison.compare(jump_rows(reference, seen.values, rng), "generated", position)


def _outcome(comparison: Comparison, problems: Sequence[str], material: Material) -> Proven:
    contenders, short = comparison.contenders, _why_too_few(comparison)
    for one in contenders:
        one.tally.problem = one.tally.problem or short
    sound = [one for one in contenders if one.tally.reason is None]
    timings: dict[str, Timings] = {}
    engine: str = SCIKIT_LEARN
    reason: str | None = "; ".join([*problems, *map(_said, contenders)])
    if sound and comparison.sample is not None:
        timings = _timed(comparison, sound)
        engine, reason = choose_engine(timings)
    serving = next((one for one in sound if one.scorer.engine == engine), None)
    shown = serving or min(contenders, key=_distance)
    tried = shown.tally.tried()
    proof = Proof(
        proven=bool(sound),
        engine=SCIKIT_LEARN if serving is None else serving.scorer.engine,
        reason=None if reason is None else bounded(reason),
        n_holdout_rows=comparison.n_compared["holdout"],
        n_generated_rows=comparison.n_compared["generated"],
        n_label_differences=tried.n_label_differences,
        max_difference=tried.max_difference,
        tolerance=material.tolerance,
        worst_row=tried.worst_row,
        timings_us=timings,
        tried=tuple(one.tally.tried() for one in contenders),
        notes=tuple(_notes(comparison, problems)),
    )
    return Proven(proof, None if serving is None else serving.data)


def _timed(comparison: Comparison, sound: Sequence[Contender]) -> dict[str, Timings]:
    scorers: dict[str, RowScorer] = {one.scorer.engine: one.scorer for one in sound}
    sample = comparison.sample
    if sample is None:
        return {}
    everyone = {**scorers, SCIKIT_LEARN: comparison.reference}
    return measure(everyone, sample.values, len(sample.accepted))


def _why_too_few(comparison: Comparison) -> str | None:
    if n_unclear := comparison.n_unclear["holdout"]:
        return f"{n_unclear} holdout rows could not be compared: scikit-learn refused too many"
    needed = needed_rows(comparison.reference.contract)
    found = comparison.n_compared["generated"]
    if found >= needed:
        return None
    why = (
        "the time was up" if comparison.late else "the contract or scikit-learn refused the others"
    )
    return f"only {found} of {needed} generated rows could be compared: {why}"


def _said(one: Contender) -> str:
    return f"{one.tally.engine}: {one.tally.reason}"


def _distance(one: Contender) -> tuple[bool, int, float]:
    tally = one.tally
    return tally.problem is not None, tally.n_labels, tally.max_difference


def _notes(comparison: Comparison, problems: Sequence[str]) -> list[str]:
    notes = [bounded(problem) for problem in problems]
    if has_images(comparison.reference.contract):
        notes.append(f"pictures: {needed_rows(comparison.reference.contract)} rows are generated")
    if comparison.n_refused:
        notes.append(f"scikit-learn fails on {comparison.n_refused} of the rows")
    if n_unclear := comparison.n_unclear["generated"]:
        notes.append(f"{n_unclear} rows beside those it fails on were not compared")
    return notes
