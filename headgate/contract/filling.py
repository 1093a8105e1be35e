"""What a declared column leaves open, read from the values of the training data."""

from collections import Counter
from collections.abc import Sequence
from statistics import median_low
from typing import cast

from pydantic import JsonValue

from headgate.contract.cleaning import clean_values
from headgate.contract.columns import (
    BooleanColumn,
    CategoryColumn,
    Column,
    ImageColumn,
    IntegerColumn,
    NumberColumn,
    TextColumn,
)
from headgate.contract.detection import no_values

Learned = dict[str, JsonValue]


def fill(column: Column, values: Sequence[object], *, textual: bool) -> Column:
    """Return the column with range, categories, impute and example filled in where open.

    A range of which one end is given is taken as meant and left. Values the column would refuse
    teach nothing.

    Raises:
        UnclearColumnError: if no value is left to learn from.
    """
    observed = _observed(column, values, textual)
    if not observed:
        raise no_values(column.name)
    declared = column.model_dump(exclude_none=True)
    if isinstance(column, CategoryColumn) and not column.categories:
        del declared["categories"]
    return type(column).model_validate(_learn(column, observed) | declared)


def _observed(column: Column, values: Sequence[object], textual: bool) -> list[object]:
    changes: dict[str, object] = {"nullable": True}
    if not isinstance(column, TextColumn | ImageColumn):
        is_open = isinstance(column, CategoryColumn) and not column.categories
        changes["policy"] = "flag" if is_open else "reject"
    cleaned = clean_values(column.model_copy(update=changes), values, textual=textual)
    return [value for value in cleaned.values if value is not None]


def _learn(column: Column, observed: list[object]) -> Learned:
    match column:
        case NumberColumn():
            numbers = cast(list[float], observed)
            return _range(column, numbers) | _typical(median_low(numbers))
        case IntegerColumn():
            whole = cast(list[int], observed)
            return _range(column, whole) | _typical(median_low(whole))
        case CategoryColumn():
            names = cast(list[str], observed)
            return _categories(column, names) | _typical(_mode(names))
        case BooleanColumn():
            return _typical(sum(map(bool, observed)) * 2 > len(observed))
        case TextColumn() | ImageColumn():
            # A raw text or picture of the data may be private; the contract is public.
            return {}


def _range(column: NumberColumn | IntegerColumn, observed: Sequence[float]) -> Learned:
    if column.minimum is not None or column.maximum is not None:
        return {}
    known = observed if column.impute is None else [*observed, column.impute]
    return {"minimum": min(known), "maximum": max(known)}


def _categories(column: CategoryColumn, observed: Sequence[str]) -> Learned:
    known = {*observed} if column.impute is None else {*observed, column.impute}
    return {"categories": list[JsonValue](sorted(known))}


def _typical(value: JsonValue) -> Learned:
    return {"impute": value, "example": value}


def _mode(names: Sequence[str]) -> str:
    """Return the most frequent, of equals the first in order."""
    counts = Counter(names)
    return min(counts, key=lambda name: (-counts[name], name))
