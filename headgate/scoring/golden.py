"""Golden rows: inputs stored with their outputs, which a loader must reproduce before it serves."""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import JsonValue

from headgate.documents.base import Document, Frozen
from headgate.errors import HeadgateError, IntegrityError
from headgate.scoring.answers import Answer, RowError
from headgate.scoring.estimators import ClassValue
from headgate.scoring.rows import RowScorer

TOLERANCE = 1e-6
MAX_NAMED = 3


class GoldenOutput(Frozen):
    """What the version answered to one row when it was made."""

    prediction: ClassValue | None
    predicted_class: int | None = None
    probabilities: tuple[float, ...] | None = None
    flags: tuple[str, ...] = ()


class GoldenRows(Document):
    """Rows as a caller would send them, and the answers to them."""

    schema_version: Literal[1] = 1
    rows: tuple[dict[str, JsonValue], ...]
    outputs: tuple[GoldenOutput, ...]


class GoldenMismatchError(IntegrityError):
    """A loaded version does not answer as it did when it was made."""

    def __init__(self, model: str, version: str, problems: Sequence[str], n_rows: int) -> None:
        shown = "; ".join(problems[:MAX_NAMED])
        super().__init__(
            f"Version {version} of {model!r} does not reproduce {len(problems)} of its {n_rows} "
            f"golden rows: {shown}. Its libraries differ from those it was made with, or it was "
            "altered; it is not served. Use the libraries in its environment.txt, or train again."
        )


def make_golden(scorer: RowScorer, rows: Sequence[Mapping[str, JsonValue]]) -> GoldenRows:
    """Score rows and keep them with their answers.

    Raises:
        HeadgateError: if the contract refuses one of the rows, or there are none.
    """
    answers = scorer.score(rows).answers()
    refused = [i for i, answer in enumerate(answers) if isinstance(answer, RowError)]
    if refused or not rows:
        raise HeadgateError(
            f"Golden rows of {scorer.model!r} must be rows its contract accepts; {len(refused)} of "
            f"{len(rows)} are not (positions {refused[:MAX_NAMED]}). Choose others."
        )
    outputs = tuple(_output(answer) for answer in answers if isinstance(answer, Answer))
    return GoldenRows(rows=tuple(dict(row) for row in rows), outputs=outputs)


def check_golden(scorer: RowScorer, golden: GoldenRows, *, tolerance: float = TOLERANCE) -> None:
    """Score the golden rows again; classes and flags must be equal, numbers nearly.

    Raises:
        GoldenMismatchError: naming the rows that differ and by how much.
    """
    answers = scorer.score(golden.rows).answers()
    problems = [
        f"row {i}: {problem}"
        for i, (answer, output) in enumerate(zip(answers, golden.outputs, strict=True))
        if (problem := _difference(answer, output, tolerance))
    ]
    if problems or not golden.rows:
        raise GoldenMismatchError(
            scorer.model, scorer.version, problems or ["there are none"], len(golden.rows)
        )


def _output(answer: Answer) -> GoldenOutput:
    given = answer.probabilities
    return GoldenOutput(
        prediction=answer.prediction,
        predicted_class=answer.predicted_class,
        probabilities=None if given is None else tuple(given.values()),
        flags=answer.flags,
    )


def _difference(answer: Answer | RowError, golden: GoldenOutput, tolerance: float) -> str | None:
    if isinstance(answer, RowError):
        return f"refused ({answer.fields[0].field} {answer.fields[0].problem})"
    found = _output(answer)
    if found.predicted_class != golden.predicted_class or found.flags != golden.flags:
        return (
            f"class {found.predicted_class} with flags {list(found.flags)} instead of class "
            f"{golden.predicted_class} with {list(golden.flags)}"
        )
    if golden.predicted_class is None and not _near(found.prediction, golden.prediction, tolerance):
        return f"{found.prediction!r} instead of {golden.prediction!r}"
    if golden.predicted_class is not None and found.prediction != golden.prediction:
        return f"{found.prediction!r} instead of {golden.prediction!r}"
    return _probability_difference(found.probabilities, golden.probabilities, tolerance)


def _probability_difference(
    found: tuple[float, ...] | None, golden: tuple[float, ...] | None, tolerance: float
) -> str | None:
    if found is None or golden is None:
        return None if found is golden else "probabilities are there only once"
    if len(found) != len(golden):
        return f"{len(found)} probabilities instead of {len(golden)}"
    gap = max(abs(a - b) for a, b in zip(found, golden, strict=True))
    return None if gap <= tolerance else f"a probability differs by {gap:.3g}"


def _near(found: ClassValue | None, golden: ClassValue | None, tolerance: float) -> bool:
    if not isinstance(found, float) or not isinstance(golden, float):
        return found == golden
    return math.isclose(found, golden, rel_tol=tolerance, abs_tol=tolerance)
