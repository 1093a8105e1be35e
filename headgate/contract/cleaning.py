"""How the values of one column are cleaned."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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
from headgate.contract.domains import (
    Domain,
    bounds_of,
    domain_of,
    impute_of,
    known_categories,
    policy_of,
)
from headgate.contract.parsing import parser_of
from headgate.contract.wording import WrongValueError

MISSING = "is missing"


@dataclass(slots=True)
class CleanedColumn:
    """Values in the order given; where there is an error the value is None."""

    values: list[object]
    errors: dict[int, str] = field(default_factory=dict)
    flags: dict[int, str] = field(default_factory=dict)


def clean_values(column: Column, values: Sequence[object], *, textual: bool) -> CleanedColumn:
    """Bring every value to the column's type and apply its policy to the unknown and missing."""
    try:
        quick = _quick(column, values, textual)
    except (TypeError, ValueError, OverflowError):
        # Something here is not as it should be: look at each value by itself.
        quick = None
    return _clean_each(column, values, textual) if quick is None else CleanedColumn(quick)


def _quick(column: Column, values: Sequence[object], textual: bool) -> list[object] | None:
    """Return all values at once if every one is known and of the right type, else None.

    It may raise or give up on values that are right, never accept what `_clean_each` would not.
    """
    kinds = set(map(type, values))
    match column:
        case NumberColumn():
            return _quick_numbers(column, values, kinds, textual)
        case IntegerColumn():
            return _quick_integers(column, values, kinds, textual)
        case CategoryColumn():
            known = known_categories(column.categories)
            return list(values) if known.issuperset(cast(Sequence[str], values)) else None
        case BooleanColumn():
            return list(values) if kinds <= {bool} else None
        case TextColumn():
            blank_is_missing = textual and column.nullable
            fits = kinds == {str} and not (blank_is_missing and "" in values)
            return _quick_text(column, cast(Sequence[str], values)) if fits else None
        case ImageColumn():
            return None


def _quick_numbers(
    column: NumberColumn, values: Sequence[object], kinds: set[type], textual: bool
) -> list[object] | None:
    if not (kinds <= {float, int} or (textual and kinds == {str} and _plain(values))):
        return None
    numbers = list(map(float, cast(Sequence[float], values)))
    low, high = bounds_of(column)
    if numbers and not (
        all(map(math.isfinite, numbers)) and low <= min(numbers) and max(numbers) <= high
    ):
        return None
    return cast(list[object], numbers)


def _quick_integers(
    column: IntegerColumn, values: Sequence[object], kinds: set[type], textual: bool
) -> list[object] | None:
    if not (kinds <= {int} or (textual and kinds == {str} and _plain(values))):
        return None
    numbers = list(map(int, cast(Sequence[int], values)))
    low, high = bounds_of(column)
    if numbers and not (low <= min(numbers) and max(numbers) <= high):
        return None
    return cast(list[object], numbers)


def _plain(values: Sequence[object]) -> bool:
    text = "\n".join(cast(Sequence[str], values))
    return text.isascii() and "_" not in text


def _quick_text(column: TextColumn, values: Sequence[str]) -> list[object] | None:
    "".join(values).encode()
    return list(values) if max(map(len, values)) <= column.max_length else None


def _clean_each(column: Column, values: Sequence[object], textual: bool) -> CleanedColumn:
    parse, domain = parser_of(column, textual=textual), domain_of(column)
    contains, nullable, settle = domain.contains, column.nullable, _settler(column, domain)
    cleaned = CleanedColumn([])
    keep = cleaned.values.append
    for position, raw in enumerate(values):
        try:
            value = parse(raw)
        except WrongValueError as err:
            cleaned.errors[position] = str(err)
            keep(None)
            continue
        if (value is None and nullable) or (value is not None and contains(value)):
            keep(value)
        else:
            keep(settle(cleaned, position, value))
    return cleaned


def _settler(column: Column, domain: Domain) -> Callable[[CleanedColumn, int, object], object]:
    policy, impute = policy_of(column), impute_of(column)
    missing_flag, unknown_flag = f"{column.name}:missing", f"{column.name}:{domain.word}"

    def settle(cleaned: CleanedColumn, position: int, value: object) -> object:
        """Apply the policy to a missing or unknown value and return what takes its place."""
        if policy == "reject" or (value is None and policy != "impute"):
            cleaned.errors[position] = MISSING if value is None else domain.problem(value)
            return None
        cleaned.flags[position] = missing_flag if value is None else unknown_flag
        if policy == "impute":
            return impute
        return domain.clip(value) if policy == "clip" else value

    return settle
