"""The rows of one file, batch by batch, with bounded memory."""

from collections.abc import Collection, Generator, Iterator
from contextlib import contextmanager
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet

from headgate.errors import UsageError
from headgate.inference.csv_rows import csv_batches
from headgate.inference.input_files import check_names, is_parquet, opened, unreadable

BATCH_ROWS = 4096

Batches = Generator[Any, None, None]


def count_rows(uri: str) -> int:
    """Return how many rows a file holds; a CSV file is read through and checked.

    Raises:
        UsageError: if it cannot be read, naming the line where there is one.
    """
    if is_parquet(uri):
        return int(_metadata(uri).num_rows)
    return sum(batch.num_rows for batch in csv_batches(uri, frozenset()))


def memory_bytes(uri: str, size: int) -> int:
    """Return about how many bytes the rows of a file of that size take unpacked."""
    if not is_parquet(uri):
        return size
    metadata = _metadata(uri)
    groups = range(metadata.num_row_groups)
    return sum(metadata.row_group(group).total_byte_size for group in groups)


def read_batches(uri: str, start: int, wanted: Collection[str]) -> Batches:
    """Yield the rows from ``start`` on as Arrow batches of the wanted columns that exist.

    Raises:
        UsageError: if the file cannot be read.
    """
    if is_parquet(uri):
        return _parquet_batches(uri, start, wanted)
    return _skip(csv_batches(uri, wanted), start)


def plain_values(column: Any) -> list[object]:
    """Return an Arrow column as Python values; NaN is missing, as in a pandas frame."""
    if pa.types.is_decimal(column.type) or pa.types.is_float16(column.type):
        column = column.cast(pa.float64())
    values = cast(list[object], column.to_pylist())
    if pa.types.is_floating(column.type):
        return [None if value != value else value for value in values]
    return values


def _metadata(uri: str) -> Any:
    with opened(uri) as file, _explained(uri):
        return pyarrow.parquet.ParquetFile(file).metadata


def _parquet_batches(uri: str, start: int, wanted: Collection[str]) -> Batches:
    with opened(uri) as file, _explained(uri):
        parquet = pyarrow.parquet.ParquetFile(file)
        names = check_names(parquet.schema_arrow.names, uri)
        first, before = _row_group_at(parquet.metadata, start)
        batches = parquet.iter_batches(
            batch_size=BATCH_ROWS,
            row_groups=list(range(first, parquet.metadata.num_row_groups)),
            columns=[name for name in names if name in wanted],
        )
        yield from _skip(batches, start - before)


def _row_group_at(metadata: Any, start: int) -> tuple[int, int]:
    """Return the row group that holds a row, and the number of rows before the group."""
    before = 0
    for group in range(metadata.num_row_groups):
        n_rows = metadata.row_group(group).num_rows
        if start < before + n_rows:
            return group, before
        before += n_rows
    return metadata.num_row_groups, before


def _skip(batches: Iterator[Any], n_rows: int) -> Batches:
    for batch in batches:
        if n_rows < batch.num_rows:
            yield batch.slice(n_rows)
        n_rows = max(n_rows - batch.num_rows, 0)


@contextmanager
def _explained(uri: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as err:
        raise UsageError(unreadable(uri, err)) from err
