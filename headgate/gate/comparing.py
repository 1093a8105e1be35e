"""Which scores may stand beside each other, and when a score is a number at all."""

import math
from collections.abc import Iterable

from headgate.documents.gate import Score
from headgate.errors import IntegrityError


class IncomparableScoresError(IntegrityError):
    """Scores that say nothing about each other: other rows, another metric, or one version."""


def require_comparable(one: Score, other: Score) -> None:
    """Refuse to compare scores that are not of the same metric on the same rows.

    Raises:
        IncomparableScoresError: naming everything that differs.
    """
    pairs = [
        (f"metric {one.metric}", f"{other.metric}", one.metric == other.metric),
        (f"{one.n_rows} rows", f"{other.n_rows}", one.n_rows == other.n_rows),
        (
            f"holdout {one.holdout_sha256:.12}",
            f"{other.holdout_sha256:.12}",
            one.holdout_sha256 == other.holdout_sha256,
        ),
    ]
    wrong = [f"{left} against {right}" for left, right, same in pairs if not same]
    if one.version == other.version:
        wrong.append(f"both are of {one.version}")
    if wrong:
        raise IncomparableScoresError(
            f"Scores of {one.version} and {other.version} cannot be compared: "
            f"{', '.join(wrong)}. Score both again in one run of the gate."
        )


def require_same_rows(scores: Iterable[Score], holdout_sha256: str, n_rows: int) -> None:
    """Refuse scores that were not measured on exactly these rows.

    Raises:
        IncomparableScoresError: naming every such score.
    """
    stray = [
        f"{score.metric} of {score.version} on {score.n_rows} rows of {score.holdout_sha256:.12}"
        for score in scores
        if (score.holdout_sha256, score.n_rows) != (holdout_sha256, n_rows)
    ]
    if stray:
        raise IncomparableScoresError(
            f"The gate judges on {n_rows} rows of holdout {holdout_sha256:.12}, but was given "
            f"{', '.join(stray)}. Score everything again in one run of the gate."
        )


def value_of(score: Score | None) -> float | None:
    """Return the score's number, or None when there is none or it is not finite."""
    return None if score is None else finite(score.value)


def finite(value: float | None) -> float | None:
    """Return the number, or None when it is missing, NaN or infinite."""
    return value if value is not None and math.isfinite(value) else None
