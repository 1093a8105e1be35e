"""What a step of a plan is: a frozen document that becomes a function over its arrays."""

from abc import abstractmethod
from collections.abc import Callable

from headgate.compiled.archive import Arrays
from headgate.compiled.values import Batch, Matrix, Value
from headgate.documents.base import Frozen

Kernel = Callable[[Batch], Value]
Map = Callable[[Matrix], Matrix]


class Step(Frozen):
    """One step. ``inputs`` are earlier steps by position; arrays are named, never inline."""

    inputs: tuple[int, ...] = ()

    @abstractmethod
    def kernel(self, arrays: Arrays) -> Kernel:
        """Return the function that does the step; all lookups are made here, once."""


class MapStep(Step):
    """A step from one full matrix of (n, k) to another of (n, m)."""

    def kernel(self, arrays: Arrays) -> Kernel:
        (at,), apply = self.inputs, self.map(arrays)
        return lambda batch: apply(batch.matrix(at))

    @abstractmethod
    def map(self, arrays: Arrays) -> Map:
        """Return the function over matrices."""


def optional(arrays: Arrays, name: str | None) -> Matrix | None:
    """Return an array that a step may do without."""
    return None if name is None else arrays[name]
