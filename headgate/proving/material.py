"""What a proof is made on, and what comes of it."""

from dataclasses import dataclass

from headgate.documents.proof import SCIKIT_LEARN, Proof
from headgate.proving.rows import Rows
from headgate.scoring.golden import GoldenRows

TOLERANCE = 1e-6
MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class Material:
    """What a proof is made on: rows as a caller sends them.

    ``seen`` are rows of the training data, which the generated ones are varied from. ``spread`` is
    the standard deviation of the target of a regression, None for a classification.
    """

    holdout: Rows
    seen: Rows
    golden: GoldenRows
    spread: float | None
    seed: int

    @property
    def tolerance(self) -> float:
        """The greatest difference allowed: of probabilities, or in the target's unit."""
        return TOLERANCE if self.spread is None else TOLERANCE * (self.spread or 1.0)


@dataclass(frozen=True, slots=True)
class Proven:
    """A proof, and the bytes of the form that serves; None where scikit-learn does."""

    proof: Proof
    compiled: bytes | None = None


def not_proven(reason: str, tolerance: float) -> Proven:
    """Return that scikit-learn serves, and why."""
    short = bounded(reason)
    return Proven(Proof(proven=False, engine=SCIKIT_LEARN, reason=short, tolerance=tolerance))


def bounded(reason: str) -> str:
    """Return a reason that is short enough to be kept and shown."""
    return reason if len(reason) <= MAX_REASON else f"{reason[:MAX_REASON]}…"
