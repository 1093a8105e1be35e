"""What flows between the steps of a plan: full matrices, and sparse ones for words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from headgate.errors import HeadgateError

Matrix = NDArray[np.float64]
Indices = NDArray[np.intp]
Columns = Mapping[str, Sequence[object]]

# The most numbers a step may lay out at once: 256 MiB.
MAX_CELLS = 32 * 1024 * 1024


class PlanError(HeadgateError):
    """A plan cannot answer a row, as the estimator it was made from could not."""


@dataclass(frozen=True, slots=True)
class Sparse:
    """The entries of an (n_rows, width) matrix that are not zero, in any order.

    ``rows``, ``columns`` and ``data`` have one element an entry; no cell has two entries.
    """

    rows: Indices
    columns: Indices
    data: Matrix
    n_rows: int
    width: int

    def sum_by_row(self, weights: Matrix) -> Matrix:
        """Return the sum of the entries' weights for each row; a row's own order decides."""
        return np.bincount(self.rows, weights, self.n_rows).astype(np.float64, copy=False)

    def with_data(self, data: Matrix) -> "Sparse":
        return Sparse(self.rows, self.columns, data, self.n_rows, self.width)

    def to_matrix(self) -> Matrix:
        """Return the full matrix.

        Raises:
            PlanError: if it would be too large.
        """
        if self.n_rows * self.width > MAX_CELLS:
            raise PlanError(
                f"{self.n_rows} rows of {self.width} columns are too many to lay out at once. "
                "Send fewer rows at a time."
            )
        full = np.zeros((self.n_rows, self.width))
        full[self.rows, self.columns] = self.data
        return full


Value = Matrix | Sparse


@dataclass(slots=True)
class Batch:
    """Rows on their way through a plan: the clean columns, and what each step has made."""

    columns: Columns
    n_rows: int
    done: list[Value] = field(default_factory=list)

    def matrix(self, step: int) -> Matrix:
        """Return what a step made, as a full matrix."""
        value = self.done[step]
        return value.to_matrix() if isinstance(value, Sparse) else value
