"""Reading one opened CSV or Parquet file; CSV as text, so that types come from the contract."""

import csv
import gzip
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from headgate.errors import UsageError

# A file that can be opened again: what is wrong with it is looked for in a second pass.
Opener = Callable[[], io.BufferedIOBase]

GZIP_MAGIC = b"\x1f\x8b"
# Arrow refuses a row larger than a block; rows with images in base64 are large.
BLOCK_BYTES = 32 * 1024 * 1024
INDEX_COLUMN = re.compile(r"__index_level_\d+__")
MAX_FIELD_CHARACTERS = 2**31 - 1


def read_csv(opener: Opener, name: str) -> pd.DataFrame:
    """Read a CSV file with a header; every cell stays text, an empty one the empty string.

    Raises:
        UsageError: if it is empty, not UTF-8, or a row has another width than the header; with
            the line.
    """
    header = _header(opener, name)
    check_names(header, name)
    try:
        with _plain(opener) as file:
            counted = _QuoteCounter(file)
            table = _arrow_table(counted, header)
    except (pa.ArrowException, UnicodeDecodeError, OSError, EOFError) as err:
        raise UsageError(_whats_wrong(opener, name, len(header), err)) from None
    # An opening quote that nothing closes swallows every row after it.
    if counted.n_quotes % 2 and (wrong := _first_wrong(opener, name, len(header))):
        raise UsageError(wrong)
    if table.column_names != header:
        raise UsageError(f"{name} has a header that cannot be read. Write one name per column.")
    frame: pd.DataFrame = table.to_pandas()
    return frame


class _QuoteCounter:
    """A file that counts the quotes that pass."""

    closed = False

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._file = file
        self.n_quotes = 0

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.n_quotes += data.count(b'"')
        return data

    def close(self) -> None:
        self.closed = True


def _arrow_table(file: _QuoteCounter, header: list[str]) -> pa.Table:
    return pyarrow.csv.read_csv(
        pa.PythonFile(file, mode="r"),
        read_options=pyarrow.csv.ReadOptions(block_size=BLOCK_BYTES),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={column: pa.string() for column in header},
            strings_can_be_null=False,
            quoted_strings_can_be_null=False,
        ),
    )


def read_parquet(opener: Opener, name: str) -> pd.DataFrame:
    """Read a Parquet file.

    Raises:
        UsageError: if it is not one.
    """
    try:
        with opener() as file:
            table = pyarrow.parquet.ParquetFile(file).read()
    except (pa.ArrowException, OSError) as err:
        raise UsageError(f"{name} is not a readable Parquet file: {_first_line(err)}.") from err
    # Pandas' row numbers, which it writes for a filtered frame; no column of the data.
    table = table.select([c for c in table.column_names if not INDEX_COLUMN.fullmatch(c)])
    check_names(table.column_names, name)
    frame: pd.DataFrame = table.to_pandas(ignore_metadata=True)
    return frame


def check_names(names: Iterable[object], name: str) -> None:
    """Refuse columns without a name of their own.

    Raises:
        UsageError: naming every column that has no name, one that is no text, or another's.
    """
    listed = list(names)
    wrong = [
        f"column {position} has no name"
        if label is None or label == ""
        else f"column name {label!r} is not text"
        for position, label in enumerate(listed, start=1)
        if not isinstance(label, str) or not label.strip()
    ]
    wrong += [
        f"column {label!r} stands there {count} times"
        for label, count in Counter(map(str, listed)).items()
        if count > 1 and label.strip()
    ]
    if wrong:
        raise UsageError(f"{name} cannot be used: {'; '.join(wrong)}. Rename or drop them.")


@contextmanager
def _plain(opener: Opener) -> Iterator[io.BufferedIOBase]:
    """Open, unpacking gzip by its first bytes: some servers unpack `.csv.gz` on the way."""
    with opener() as file:
        start = file.read(len(GZIP_MAGIC))
        file.seek(0)
        if start != GZIP_MAGIC:
            yield file
            return
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield unpacked


def _header(opener: Opener, name: str) -> list[str]:
    try:
        with _plain(opener) as file, _text(file) as lines:
            return next((row for row in csv.reader(lines) if row), None) or _no_header(name)
    except UnicodeDecodeError as err:
        raise UsageError(f"{name} is not UTF-8: {err.reason}. Save it as UTF-8.") from None
    except (csv.Error, OSError, EOFError) as err:
        raise UsageError(f"{name} cannot be read as CSV: {err}.") from None


def _no_header(name: str) -> list[str]:
    raise UsageError(f"{name} is empty. A CSV file needs a header and at least one row.")


def _text(file: io.BufferedIOBase) -> io.TextIOWrapper:
    return io.TextIOWrapper(file, encoding="utf-8-sig", newline="")  # type: ignore[arg-type]


def _whats_wrong(opener: Opener, name: str, width: int, err: Exception) -> str:
    return _first_wrong(opener, name, width) or (
        f"{name} cannot be read as CSV: {type(err).__name__}. Check its quotes and line ends."
    )


def _first_wrong(opener: Opener, name: str, width: int) -> str | None:
    """Go through the file slowly to name the line, which the fast reader does not know."""
    csv.field_size_limit(MAX_FIELD_CHARACTERS)
    line = 1
    try:
        with _plain(opener) as file, _text(file) as lines:
            rows = csv.reader(lines, strict=True)
            for row in rows:
                line = rows.line_num
                if row and len(row) != width:
                    return (
                        f"{name}, line {line}: {len(row)} fields, but the header has {width}. "
                        "Correct the row, or quote the fields that hold a comma."
                    )
    except UnicodeDecodeError:
        return f"{name} is not UTF-8 after line {line}. Save it as UTF-8."
    except (csv.Error, OSError, EOFError) as found:
        return f"{name} cannot be read as CSV after line {line}: {found}. Check its quotes."
    return None


def _first_line(err: Exception) -> str:
    return str(err).splitlines()[0].rstrip(".")[:200] if str(err) else type(err).__name__
