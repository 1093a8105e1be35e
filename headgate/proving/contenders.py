"""The compiled forms that are tried, and how each answers the rows that all are asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from headgate.compiled import CompiledForm
from headgate.errors import HeadgateError
from headgate.proving.asking import Answers, Asked, Asker, Values, answers_of
from headgate.proving.compare import SILENT, TALKS, Compared, Tally, UnlikeError
from headgate.scoring.answers import ScoringError
from headgate.scoring.compiled import CompiledScorer
from headgate.scoring.golden import GoldenRows, check_golden
from headgate.scoring.rows import RowScorer

N_ALONE = 16
MAX_REFUSED = 64
ALONE = ", asked alone"
ELSEWHERE = ", where a library is missing"

Read = Callable[[bytes], CompiledForm]


@dataclass(slots=True)
class Contender:
    """A form as it would be loaded, from its bytes, and how it does.

    ``variants`` are what the same bytes become where a library is missing.
    """

    scorer: CompiledScorer
    data: bytes
    asker: Asker
    tally: Tally
    variants: tuple[CompiledScorer, ...] = ()

    @property
    def failed(self) -> bool:
        return self.tally.problem is not None


def contender(form: CompiledForm, reference: RowScorer, tolerance: float, read: Read) -> Contender:
    """Return a form as a loader would have it: read from its bytes.

    Raises:
        HeadgateError: if its bytes are not readable again.
    """
    data = form.to_bytes()
    scorer = CompiledScorer(
        model=reference.model,
        version=reference.version,
        contract=reference.contract,
        rules=reference.rules,
        classes=reference.classes,
        form=read(data),
    )
    variants = tuple(replace(scorer, form=variant) for variant in scorer.form.variants())
    return Contender(scorer, data, Asker(scorer), Tally(form.engine, tolerance), variants)


def check_rows(one: Contender, rows: Compared, values: Values, expected: Asked) -> None:
    """Ask a contender what scikit-learn was asked, together and some rows alone."""
    try:
        if expected.answers is not None:
            _check_answered(one, rows, values, expected.answered, expected.answers)
            _check_variants(one, rows, values, expected.answered, expected.answers)
        _check_refused(one, rows, values, expected.refused[:MAX_REFUSED])
    except UnlikeError as err:
        one.tally.problem = str(err)


def check_golden_rows(one: Contender, golden: GoldenRows) -> None:
    """Note it where a contender does not reproduce what the version is known by."""
    if one.tally.reason is not None:
        return
    try:
        check_golden(one.scorer, golden)
    except HeadgateError as err:
        one.tally.problem = f"golden rows are not reproduced ({type(err).__name__})"


def _check_answered(
    one: Contender, rows: Compared, values: Values, at: Sequence[int], expected: Answers
) -> None:
    kept = _picked(rows, at)
    columns = _columns(values, at)
    found = one.asker.ask(columns, len(at))
    if found.answers is not None:
        matching = expected.take(found.answered)
        one.tally.add(_picked(kept, found.answered), matching, found.answers)
    one.tally.add_unanswered(kept, sorted({*range(len(at))} - {*found.answered}), SILENT)
    if len(found.answered) < len(at):
        return
    for i in np.linspace(0, len(at) - 1, min(N_ALONE, len(at))).astype(int).tolist():
        single = {name: column[i : i + 1] for name, column in columns.items()}
        try:
            alone = answers_of(one.scorer, single, 1)
        except ScoringError:
            one.tally.add_unanswered(kept, [i], SILENT + ALONE)
        else:
            one.tally.add(_picked(kept, [i]), expected.take([i]), alone, how=ALONE)


def _check_variants(
    one: Contender, rows: Compared, values: Values, at: Sequence[int], expected: Answers
) -> None:
    kept, columns = _picked(rows, at), _columns(values, at)
    for variant in one.variants:
        try:
            found = answers_of(variant, columns, len(at))
        except ScoringError:
            one.tally.add_unanswered(kept, range(len(at)), SILENT + ELSEWHERE)
        else:
            one.tally.add(kept, expected, found, how=ELSEWHERE)


def _check_refused(one: Contender, rows: Compared, values: Values, at: Sequence[int]) -> None:
    """A row that scikit-learn fails on must not be answered: the gate judged no such answer."""
    for i in at:
        single = {name: column[i : i + 1] for name, column in values.items()}
        try:
            answers_of(one.scorer, single, 1)
        except ScoringError:
            continue
        one.tally.add_unanswered(rows, [i], TALKS)


def _columns(values: Values, at: Sequence[int]) -> dict[str, list[object]]:
    return {name: [column[i] for i in at] for name, column in values.items()}


def _picked(rows: Compared, at: Sequence[int]) -> Compared:
    return Compared(rows.source, [rows.positions[i] for i in at], [rows.kinds[i] for i in at])
