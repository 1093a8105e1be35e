"""A CSV body as columns: a header, then one row a line, in UTF-8."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

from headgate.contract import Contract
from headgate.contract.cells import values_of_cells
from headgate.errors import FieldError, InvalidInputError
from serve.errors import MalformedBodyError, names_of, row_count


@dataclass(frozen=True, slots=True)
class Columns:
    """Whole columns of ``n_rows`` values each, as a caller sent them."""

    values: dict[str, list[object]]
    n_rows: int

    def rows(self) -> list[dict[str, object]]:
        """Return the same values row by row."""
        names = list(self.values)
        return [
            dict(zip(names, row, strict=True)) for row in zip(*self.values.values(), strict=True)
        ]


def read_csv(data: bytes, contract: Contract, most_rows: int) -> Columns:
    """Return the columns of a CSV body, each cell as its column's type reads it.

    Raises:
        MalformedBodyError: if it is not UTF-8, or not CSV.
        InvalidInputError: if it has no rows, more than ``most_rows``, a row that is not as wide
            as the header, or a column twice.
    """
    lines = _lines(_text(data))
    _, header = next(lines, (0, []))
    _check_header(header)
    cells: list[list[str]] = []
    for line, row in lines:
        if len(row) != len(header):
            sentence = (
                f"Line {line} of the CSV has {len(row)} fields, but the header has {len(header)}. "
                "Correct the row, or quote the fields that hold a comma."
            )
            raise InvalidInputError(sentence, [FieldError("body", f"is torn at line {line}")])
        cells.append(row)
        if len(cells) > most_rows:
            break
    if not 1 <= len(cells) <= most_rows:
        raise row_count(len(cells), most_rows)
    columns = dict(zip(header, zip(*cells, strict=True), strict=True))
    return Columns(values_of_cells(contract.columns, columns), len(cells))


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeError as err:
        problem = FieldError("body", "is not UTF-8")
        raise MalformedBodyError("The body is not text in UTF-8. Send UTF-8.", [problem]) from err


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with the line each ends at; blank lines are no rows."""
    # Pictures in base64 are longer than the module's own limit, and the body is bounded already.
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as err:
        line = reader.line_num
        sentence = f"The body cannot be read as CSV at line {line}: {err}. Check its quotes."
        problem = FieldError("body", f"is not CSV at line {line}")
        raise MalformedBodyError(sentence, [problem]) from err


def _check_header(header: list[str]) -> None:
    if not header:
        raise MalformedBodyError(
            "The CSV is empty. Send a header with the names of the columns, then one row a line.",
            [FieldError("body", "is empty")],
        )
    counts = Counter(header)
    fields = [
        FieldError(name[:80], "is there more than once") for name in counts if counts[name] > 1
    ]
    if fields:
        sentence = f"The header of the CSV names a column twice: {names_of(fields)}."
        raise InvalidInputError(sentence, fields)
