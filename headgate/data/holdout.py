"""The stored holdout of a version, and how rows that a version trained on are recognised."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from headgate.artifacts.files import HOLDOUT, TRAINING_ROWS, read_file
from headgate.contract import BooleanColumn, Contract, IntegerColumn, NumberColumn
from headgate.contract.columns import Column
from headgate.data.fingerprints import row_fingerprints
from headgate.documents.version import Manifest
from headgate.errors import IntegrityError
from headgate.scoring.estimators import ClassValue
from headgate.store import Store

Values = Mapping[str, Sequence[object]]


@dataclass(frozen=True, slots=True)
class Holdout:
    """Rows as a caller would send them, by column, and their targets."""

    values: dict[str, list[object]]
    targets: list[ClassValue]

    @property
    def n_rows(self) -> int:
        return len(self.targets)

    def take(self, positions: Sequence[int]) -> "Holdout":
        """Return some of the rows, in the order given."""
        return Holdout(
            {name: [column[i] for i in positions] for name, column in self.values.items()},
            [self.targets[i] for i in positions],
        )


def fingerprints(names: Sequence[str], target: str, holdout: Holdout) -> NDArray[np.uint64]:
    """Return each row's fingerprint over some columns and the target.

    Only fingerprints over the same columns can be compared: pass those of the version whose
    training rows are looked for.
    """
    columns = {name: holdout.values.get(name, [None] * holdout.n_rows) for name in names}
    return row_fingerprints({**columns, target: holdout.targets})


def write_fingerprints(prints: NDArray[np.uint64]) -> bytes:
    """Return fingerprints as the bytes of an `.npy` file, sorted and each once."""
    written = io.BytesIO()
    np.save(written, np.unique(prints), allow_pickle=False)
    return written.getvalue()


def read_training_rows(store: Store, manifest: Manifest) -> NDArray[np.uint64]:
    """Return the sorted fingerprints of the rows a version trained on.

    Raises:
        IntegrityError: if the file is not what was recorded.
    """
    data = read_file(store, manifest, TRAINING_ROWS)
    try:
        found = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, OSError, EOFError) as err:
        raise _unreadable(TRAINING_ROWS, err) from err
    return np.asarray(found, dtype=np.uint64)


def trained_on(
    store: Store, manifest: Manifest, names: Sequence[str], holdout: Holdout
) -> NDArray[np.bool_]:
    """Tell for each row of a holdout whether a version trained on it.

    ``names`` are the columns of that version's own contract.
    """
    own = fingerprints(names, manifest.rules.target, holdout)
    return np.isin(own, read_training_rows(store, manifest))


def write_holdout(contract: Contract, target: str, holdout: Holdout) -> bytes:
    """Return a holdout as Parquet whose columns have the types of the contract.

    The rows are as a caller would send them, before any imputing or clipping.
    """
    arrays = [
        pa.array(holdout.values[column.name], type=_arrow_type(column))
        for column in contract.columns
    ]
    table = pa.table(
        [*arrays, pa.array(holdout.targets)], names=[*(c.name for c in contract.columns), target]
    )
    written = io.BytesIO()
    pyarrow.parquet.write_table(table, written, compression="zstd")
    return written.getvalue()


def read_holdout(store: Store, manifest: Manifest) -> Holdout:
    """Return a version's own holdout, of identical values to those written.

    Raises:
        IntegrityError: if the file is not what was recorded.
    """
    return holdout_from(read_file(store, manifest, HOLDOUT), manifest.rules.target)


def holdout_from(data: bytes, target: str) -> Holdout:
    """Read the bytes of a holdout.

    Raises:
        IntegrityError: if they are none.
    """
    try:
        table = pyarrow.parquet.read_table(io.BytesIO(data))
        values = {name: table.column(name).to_pylist() for name in table.column_names}
        targets = values.pop(target)
    except (pa.ArrowException, OSError, KeyError) as err:
        raise _unreadable(HOLDOUT, err) from err
    return Holdout(values, targets)


def _arrow_type(column: Column) -> pa.DataType:
    if isinstance(column, NumberColumn):
        return pa.float64()
    if isinstance(column, IntegerColumn):
        return pa.int64()
    return pa.bool_() if isinstance(column, BooleanColumn) else pa.string()


def _unreadable(name: str, err: Exception) -> IntegrityError:
    return IntegrityError(
        f"{name} cannot be read ({type(err).__name__}). It is not what Headgate wrote; restore "
        "it from a backup."
    )
