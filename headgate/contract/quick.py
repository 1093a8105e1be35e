"""All values of a column at once, where every one is known and of the right type already.

What is given up on here is looked at value by value: a quick check may refuse what is right, never
accept what `headgate.contract.cleaning` would not, or give it another value.
"""

import sys
from collections.abc import Callable, Sequence
from typing import cast

from headgate.contract.columns import (
    BooleanColumn,
    CategoryColumn,
    Column,
    ImageColumn,
    IntegerColumn,
    NumberColumn,
    TextColumn,
)
from headgate.contract.domains import bounds_of, known_categories

Quick = Callable[[Sequence[object]], list[object] | None]
"""Returns the cleaned values, or None; it may also raise TypeError, ValueError, OverflowError."""


def quick_of(column: Column, *, textual: bool) -> Quick:
    """Return the check of a column, made once for many calls."""
    match column:
        case NumberColumn() | IntegerColumn():
            return _quick_cells(column) if textual else _quick_numbers(column)
        case CategoryColumn():
            # With the markers of CSV a missing value is not None yet.
            known: frozenset[object] = known_categories(column.categories)
            allowed = known | {None} if column.nullable and not textual else known
            return lambda values: list(values) if allowed.issuperset(values) else None
        case BooleanColumn():
            kinds = {bool, type(None)} if column.nullable else {bool}
            return lambda values: list(values) if kinds.issuperset(map(type, values)) else None
        case TextColumn():
            return _quick_text(column, blank_is_missing=textual and column.nullable)
        case ImageColumn():
            return lambda _: None


def _quick_numbers(column: NumberColumn | IntegerColumn) -> Quick:
    low, high = _finite_bounds(column)
    kind = int if isinstance(column, IntegerColumn) else float
    nullable = column.nullable

    def numbers(values: Sequence[object]) -> list[object] | None:
        # NaN and infinity are outside of any finite bounds.
        known: list[object] = [v for v in values if type(v) is kind and low <= v <= high]
        return known if len(known) == len(values) else mixed(values)

    def mixed(values: Sequence[object]) -> list[object] | None:
        known: list[object] = []
        for value in values:
            if type(value) is kind or type(value) is int:
                number = kind(value)
                if not low <= number <= high:
                    return None
                known.append(number)
            elif value is None and nullable:
                known.append(None)
            else:
                return None
        return known

    return numbers


def _quick_cells(column: NumberColumn | IntegerColumn) -> Quick:
    """Return the check of CSV cells, all of them plain numbers; also of values that are numbers."""
    numbers = _quick_numbers(column)
    kind = int if isinstance(column, IntegerColumn) else float

    def cells(values: Sequence[object]) -> list[object] | None:
        if set(map(type, values)) != {str}:
            return numbers(values)
        text = "\n".join(cast(Sequence[str], values))
        if not text.isascii() or "_" in text:
            return None
        return numbers(list(map(kind, cast(Sequence[str], values))))

    return cells


def _finite_bounds(column: NumberColumn | IntegerColumn) -> tuple[float, float]:
    low, high = bounds_of(column)
    if isinstance(column, IntegerColumn):
        return low, high
    return max(low, -sys.float_info.max), min(high, sys.float_info.max)


def _quick_text(column: TextColumn, *, blank_is_missing: bool) -> Quick:
    most = column.max_length

    def texts(values: Sequence[object]) -> list[object] | None:
        if set(map(type, values)) != {str}:
            return None
        strings = cast(Sequence[str], values)
        if (blank_is_missing and "" in strings) or max(map(len, strings)) > most:
            return None
        # Half a surrogate pair cannot be encoded.
        "".join(strings).encode()
        return list(strings)

    return texts
