"""What was proven about a version's compiled forms, and which engine serves it."""

from typing import Final, Literal

from headgate.documents.base import Frozen

Engine = Literal["plan", "onnx", "scikit-learn"]
SCIKIT_LEARN: Final = "scikit-learn"

NEVER_TRIED: Final = "made before versions were compiled; train again to have it tried"

Source = Literal["holdout", "generated"]
Timings = dict[int, float]
"""Microseconds a call takes, by the number of its rows."""


class WorstRow(Frozen):
    """The row that a compiled form answers least like scikit-learn; never what is in it.

    ``position`` counts from 0 among the rows of its source, ``kind`` says how a row was generated.
    ``difference`` is of a probability or a value, None where one of the two gave no answer.
    """

    source: Source
    position: int
    kind: str
    problem: str
    difference: float | None


class Tried(Frozen):
    """How one engine did: proven, or why not.

    Differences are counted over all rows compared; the greatest is of probabilities, or of values
    for regression, and None where no row was compared.
    """

    engine: str
    proven: bool
    reason: str | None = None
    n_label_differences: int = 0
    max_difference: float | None = None
    worst_row: WorstRow | None = None


class Proof(Frozen):
    """Whether a compiled form answers as scikit-learn does, row by row, and what therefore serves.

    ``engine`` serves. ``proven`` tells whether any compiled form passed; where one did and
    scikit-learn serves all the same, ``reason`` says why, as it does for what is not proven. The
    numbers of differences and the worst row are those of the engine that serves, or else of the
    one that came nearest. ``tolerance`` is the largest difference allowed, in the target's unit
    for regression. ``timings_us`` are by engine and by rows a call.
    """

    proven: bool
    engine: Engine
    reason: str | None = None
    n_holdout_rows: int = 0
    n_generated_rows: int = 0
    n_label_differences: int = 0
    max_difference: float | None = None
    tolerance: float
    worst_row: WorstRow | None = None
    timings_us: dict[str, Timings] = {}
    tried: tuple[Tried, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def uses_compiled(self) -> bool:
        """Whether a compiled form serves."""
        return self.proven and self.engine != SCIKIT_LEARN
