"""The rows of a CSV file: every cell stays text, so that types come from the contract."""

import csv
from collections.abc import Collection, Generator
from io import TextIOWrapper
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.csv

from headgate.errors import UsageError
from headgate.inference.input_files import check_names, opened, unreadable

# Arrow refuses a row larger than a block; rows with images in base64 are large.
BLOCK_BYTES = 16 * 1024 * 1024
MAX_CELL_CHARACTERS = 2**31 - 1


def csv_batches(uri: str, wanted: Collection[str]) -> Generator[Any, None, None]:
    """Yield the rows as Arrow batches of the wanted columns that exist.

    Raises:
        UsageError: if the file is empty or not UTF-8, or a row is not as wide as the header, with
            its line.
    """
    names = check_names(_header(uri), uri)
    with opened(uri) as file:
        counted = _Counted(file)
        try:
            yield from pyarrow.csv.open_csv(
                pa.PythonFile(counted, mode="r"),
                read_options=pyarrow.csv.ReadOptions(block_size=BLOCK_BYTES, use_threads=False),
                parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
                convert_options=pyarrow.csv.ConvertOptions(
                    column_types={name: pa.string() for name in names},
                    # One at least, or all are read.
                    include_columns=[name for name in names if name in wanted] or names[:1],
                ),
            )
        except (pa.ArrowException, OSError, EOFError) as err:
            raise UsageError(_fault(uri, len(names)) or unreadable(uri, err)) from err
    # An opening quote that nothing closes swallows every row after it.
    if counted.n_quotes % 2 and (fault := _fault(uri, len(names))):
        raise UsageError(fault)


class _Counted:
    """A file that counts the quotes that pass."""

    closed = False

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.n_quotes = 0

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.n_quotes += data.count(b'"')
        return data

    def close(self) -> None:
        self.closed = True


def _header(uri: str) -> list[str]:
    try:
        # A wrong byte anywhere in the first block is found, and its line named, by the full pass.
        with opened(uri) as file, _text(file, errors="replace") as lines:
            header = next((row for row in csv.reader(lines) if row), None)
    except (csv.Error, OSError, EOFError) as err:
        raise UsageError(unreadable(uri, err)) from err
    if header is None:
        raise UsageError(f"{uri} is empty. A CSV file needs a header and at least one row.")
    if "\ufffd" in "".join(header) and (fault := _fault(uri, len(header))):
        raise UsageError(fault)
    return header


def _fault(uri: str, width: int) -> str | None:
    """Go through a file slowly to name the line, which the fast reader does not know."""
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    line = 1
    try:
        with opened(uri) as file, _text(file) as lines:
            rows = csv.reader(lines, strict=True)
            for row in rows:
                line = rows.line_num
                if row and len(row) != width:
                    return (
                        f"{uri}, line {line}: {len(row)} fields, but the header has {width}. "
                        "Correct the row, or quote the fields that hold a comma."
                    )
    except UnicodeDecodeError:
        return f"{uri} is not UTF-8 after line {line}. Save it as UTF-8."
    except (csv.Error, OSError, EOFError) as err:
        return f"{uri} cannot be read as CSV after line {line}: {err}. Check its quotes."
    return None


def _text(file: BinaryIO, errors: str = "strict") -> TextIOWrapper:
    return TextIOWrapper(file, encoding="utf-8-sig", errors=errors, newline="")
