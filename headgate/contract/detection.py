"""Which type of column a list of values is."""

import math
import re
from collections.abc import Sequence
from itertools import islice

from headgate.contract.columns import (
    INT64_MAX,
    INT64_MIN,
    MIB,
    BooleanColumn,
    CategoryColumn,
    Column,
    ImageColumn,
    IntegerColumn,
    NumberColumn,
    TextColumn,
)
from headgate.contract.parsing import MISSING_MARKERS
from headgate.contract.png import PREFIX, normal_png
from headgate.contract.wording import WrongValueError

MAX_CATEGORIES = 100
MIN_REPEATS = 2
MAX_CATEGORY_LENGTH = 100
MAX_TEXT_LENGTH = 100_000
N_IMAGES_TRIED = 20

# Leading zeros mark codes, such as postal codes, which are no numbers.
WHOLE = re.compile(r"[+-]?(0|[1-9][0-9]*)")
DECIMAL = re.compile(
    r"[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?inf(inity)?", re.IGNORECASE
)
# The first bytes of every PNG, in base64.
PNG_START = "iVBORw0KGgo"


class UnclearColumnError(Exception):
    """One column of the data cannot be described; the text says why and what to do."""


def detect(name: str, values: Sequence[object], *, textual: bool) -> Column:
    """Return a column of the values' type, all else left open; nullable if a value is missing.

    Raises:
        UnclearColumnError: if there is no value, or no one type that covers them.
    """
    present = [value for value in values if value is not None]
    if textual and all(isinstance(value, str) for value in present):
        return _of_cells(name, [str(value) for value in present], len(values))
    nullable = len(present) < len(values)
    return _of_values(name, present, nullable)


def no_values(name: str) -> UnclearColumnError:
    """Return the error about a column that teaches nothing."""
    return UnclearColumnError(f"column {name!r} has no usable value: drop it from the data")


def _of_values(name: str, present: list[object], nullable: bool) -> Column:
    kinds = set(map(type, present))
    if not present:
        raise no_values(name)
    if kinds == {bool}:
        return BooleanColumn(name=name, nullable=nullable)
    if kinds == {int} and all(isinstance(v, int) and INT64_MIN <= v <= INT64_MAX for v in present):
        return IntegerColumn(name=name, nullable=nullable)
    if kinds <= {int, float}:
        return NumberColumn(name=name, nullable=nullable)
    if kinds == {str}:
        strings = [str(value) for value in present]
        return _of_strings(name, strings, nullable) or _text(name, strings, nullable)
    raise UnclearColumnError(
        f"column {name!r} holds values of type {', '.join(sorted(k.__name__ for k in kinds))}, "
        "which no one column type covers: convert it in source() or drop it"
    )


def _of_cells(name: str, cells: list[str], n_rows: int) -> Column:
    stripped = [cell.strip() for cell in cells]
    solid = [cell for cell in stripped if cell not in MISSING_MARKERS]
    if not solid:
        raise no_values(name)
    nullable = len(solid) < n_rows
    if simple := _simple_type(solid):
        return simple(name=name, nullable=nullable)
    # Text is taken as written: there only an empty cell is missing.
    empty = len(cells) < n_rows or "" in cells
    return _of_strings(name, solid, nullable) or _text(name, cells, empty)


def _simple_type(
    cells: list[str],
) -> type[IntegerColumn] | type[NumberColumn] | type[BooleanColumn] | None:
    if all(map(WHOLE.fullmatch, cells)):
        # Digits beyond 64 bits are codes: as numbers, neighbours would become equal.
        return IntegerColumn if all(map(_fits_int64, cells)) else None
    if all(map(DECIMAL.fullmatch, cells)) and any(math.isfinite(float(cell)) for cell in cells):
        return NumberColumn
    return BooleanColumn if all(cell.lower() in ("true", "false") for cell in cells) else None


def _fits_int64(cell: str) -> bool:
    return len(cell) <= 20 and INT64_MIN <= int(cell) <= INT64_MAX


def _of_strings(name: str, strings: list[str], nullable: bool) -> Column | None:
    if all(map(_is_png, islice(strings, N_IMAGES_TRIED))):
        largest = max(map(len, strings))
        return ImageColumn(name=name, nullable=nullable, max_bytes=max(2 * MIB, largest))
    distinct = set(strings)
    few = len(distinct) <= MAX_CATEGORIES and len(strings) >= MIN_REPEATS * len(distinct)
    if few and max(map(len, distinct)) < MAX_CATEGORY_LENGTH:
        return CategoryColumn(name=name, nullable=nullable)
    return None


def _text(name: str, strings: list[str], nullable: bool) -> TextColumn:
    longest = max(map(len, strings))
    return TextColumn(name=name, nullable=nullable, max_length=max(MAX_TEXT_LENGTH, 2 * longest))


def _is_png(text: str) -> bool:
    start = text.lstrip()
    if not (start.startswith(PNG_START) or start[: len(PREFIX)].lower() == PREFIX):
        return False
    try:
        normal_png(text, 64 * MIB)
    except WrongValueError:
        return False
    return True
