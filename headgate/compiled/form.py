"""What every compiled form can do."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Literal

from headgate.scoring.answers import Outputs

Engine = Literal["plan", "onnx"]


class CompiledForm(ABC):
    """An estimator without its library. It holds no state, so threads may share it."""

    @property
    @abstractmethod
    def engine(self) -> Engine:
        """Say what answers: a plan in numpy, or one that leans on a converter's ONNX graph."""

    @abstractmethod
    def outputs(self, values: Mapping[str, Sequence[object]], n_rows: int) -> Outputs:
        """Answer clean rows (at least one), given by column as the contract cleans them.

        Raises:
            ScoringError: if the form cannot answer one of them, as the estimator could not.
        """

    def variants(self) -> tuple["CompiledForm", ...]:
        """Return what else the same bytes may become, on a machine that lacks a library."""
        return ()

    @abstractmethod
    def to_bytes(self) -> bytes:
        """Return what `headgate.compiled.read_form` reads; equal forms give equal bytes."""
