"""From one value, JSON's or a CSV cell's, to the value of its column's type."""

import math
import re
from collections.abc import Callable

from headgate.contract.columns import (
    INT64_MAX,
    INT64_MIN,
    BooleanColumn,
    CategoryColumn,
    Column,
    ImageColumn,
    IntegerColumn,
    NumberColumn,
    TextColumn,
)
from headgate.contract.png import normal_png
from headgate.contract.wording import WrongValueError, found

MISSING_MARKERS = frozenset({"", "NA", "NaN", "nan", "null", "None"})
BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
WHOLE = re.compile(r"[+-]?[0-9]+")

Parse = Callable[[object], object]


def parser_of(column: Column, *, textual: bool) -> Parse:
    """Return the function that turns one value into the column's type, None when missing.

    With ``textual`` a string is a CSV cell: outer blanks do not count and the missing markers
    mean missing. Text is taken as written: only an empty cell of a nullable column is missing.
    A marker that is one of the column's categories is that category.

    The function raises WrongValueError for a value that cannot be of the type.
    """
    parse = _json_parser(column)
    if not textual:
        return parse
    if isinstance(column, TextColumn):
        return _empty_is_missing(parse) if column.nullable else parse
    known = frozenset(column.categories) if isinstance(column, CategoryColumn) else frozenset()
    return _cell_parser(_CELLS.get(column.type, parse), parse, known)


def _json_parser(column: Column) -> Parse:
    match column:
        case NumberColumn():
            return _number
        case IntegerColumn():
            return _integer
        case BooleanColumn():
            return _boolean
        case CategoryColumn():
            return _string
        case TextColumn(max_length=max_length):
            return lambda value: _text(value, max_length)
        case ImageColumn(max_bytes=max_bytes):
            return lambda value: _image(value, max_bytes)


def _number(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongValueError(f"must be a number, found {found(value)}")
    try:
        number = float(value)
    except OverflowError:
        raise WrongValueError("is too large") from None
    if not math.isfinite(number):
        raise WrongValueError(f"must be a finite number, found {found(number)}")
    return number


def _integer(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongValueError(f"must be an integer, found {found(value)}")
    if not INT64_MIN <= value <= INT64_MAX:
        raise WrongValueError("is too large")
    return int(value)


def _boolean(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise WrongValueError(f"must be true or false, found {found(value)}")


def _string(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise WrongValueError(f"must be a string, found {found(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise WrongValueError("must be valid Unicode, found a lone surrogate") from None
    return value


def _text(value: object, max_length: int) -> str | None:
    text = _string(value)
    if text is not None and len(text) > max_length:
        raise WrongValueError(
            f"must have at most {max_length} characters, found {len(text)} characters"
        )
    return text


def _image(value: object, max_bytes: int) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise WrongValueError(f"must be a PNG in base64, found {found(value)}")
    return normal_png(value, max_bytes)


def _empty_is_missing(parse: Parse) -> Parse:
    return lambda value: None if value == "" else parse(value)


def _cell_parser(parse_cell: Parse, parse: Parse, known: frozenset[str]) -> Parse:
    def parse_any(value: object) -> object:
        if not isinstance(value, str):
            return parse(value)
        if value in known:
            return value
        cell = value.strip()
        return None if cell in MISSING_MARKERS and cell not in known else parse_cell(cell)

    return parse_any


def _number_cell(cell: object) -> float | None:
    text = str(cell)
    try:
        # float() also reads "1_000" and the digits of every script, which no CSV means.
        number = float(text) if text.isascii() and "_" not in text else None
    except ValueError:
        number = None
    if number is None:
        raise WrongValueError(f"must be a number, found {found(cell)}")
    if not math.isfinite(number):
        raise WrongValueError(f"must be a finite number, found {found(cell)}")
    return number


def _integer_cell(cell: object) -> int | None:
    text = str(cell)
    if WHOLE.fullmatch(text):
        digits = text.lstrip("+-").lstrip("0")
        if len(digits) > 19:
            raise WrongValueError("is too large")
        return _integer(int(digits or "0") * (-1 if text[0] == "-" else 1))
    try:
        return _integer(_number_cell(cell))
    except WrongValueError:
        raise WrongValueError(f"must be an integer, found {found(cell)}") from None


def _boolean_cell(cell: object) -> bool:
    value = BOOLEANS.get(str(cell).lower())
    if value is None:
        raise WrongValueError(f"must be true or false, found {found(cell)}")
    return value


_CELLS: dict[str, Parse] = {
    "number": _number_cell,
    "integer": _integer_cell,
    "boolean": _boolean_cell,
}
