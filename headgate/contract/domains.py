"""Which values of the right type a column knows, and what its policy makes of the others."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from headgate.contract.columns import (
    INT64_MAX,
    INT64_MIN,
    CategoryColumn,
    Column,
    ImageColumn,
    IntegerColumn,
    NumberColumn,
    Policy,
    TextColumn,
)
from headgate.contract.wording import found, short

MAX_CATEGORIES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Domain:
    """The known values of a column. ``word`` is what a flag says of the others."""

    word: str
    contains: Callable[[object], bool]
    problem: Callable[[object], str]
    clip: Callable[[object], object]


def policy_of(column: Column) -> Policy:
    """Return what happens to unknown and missing values; text and images know no choice."""
    return "reject" if isinstance(column, TextColumn | ImageColumn) else column.policy


def impute_of(column: Column) -> float | str | bool | None:
    """Return what replaces unknown and missing values under the policy impute."""
    return None if isinstance(column, TextColumn | ImageColumn) else column.impute


def bounds_of(column: NumberColumn | IntegerColumn) -> tuple[float, float]:
    """Return the least and the greatest known value; an open end is the type's own."""
    ends = (INT64_MIN, INT64_MAX) if isinstance(column, IntegerColumn) else (-math.inf, math.inf)
    return (
        ends[0] if column.minimum is None else column.minimum,
        ends[1] if column.maximum is None else column.maximum,
    )


@lru_cache(maxsize=4096)
def known_categories(categories: tuple[str, ...]) -> frozenset[str]:
    """Return the categories as a set, made once for each tuple."""
    return frozenset(categories)


def domain_of(column: Column) -> Domain:
    """Return the known values of a column; of booleans, text and images all are known."""
    if isinstance(column, NumberColumn | IntegerColumn):
        return _range(column)
    if isinstance(column, CategoryColumn):
        known = known_categories(column.categories)
        wanted = category_list(column.categories)
        return Domain(
            word="unknown_category",
            contains=lambda value: value in known,
            problem=lambda value: f"must be one of {wanted}, found {found(value)}",
            clip=lambda value: value,
        )
    return Domain("", lambda _: True, lambda _: "", lambda value: value)


def _range(column: NumberColumn | IntegerColumn) -> Domain:
    low, high = bounds_of(column)
    wanted = range_words(column)

    def clip(value: object) -> object:
        return min(max(value, low), high) if isinstance(value, int | float) else value

    return Domain(
        word="out_of_range",
        contains=lambda value: isinstance(value, int | float) and low <= value <= high,
        problem=lambda value: f"must be {wanted}, found {found(value)}",
        clip=clip,
    )


def range_words(column: NumberColumn | IntegerColumn) -> str:
    """Say the range in words; empty when both ends are open."""
    low, high = column.minimum, column.maximum
    if low is not None and high is not None:
        return f"between {low!r} and {high!r}"
    if low is not None:
        return f"at least {low!r}"
    return "" if high is None else f"at most {high!r}"


def category_list(categories: tuple[str, ...]) -> str:
    """List the first few categories, and how many there are."""
    shown = ", ".join(short(category) for category in categories[:MAX_CATEGORIES_SHOWN])
    if len(categories) <= MAX_CATEGORIES_SHOWN:
        return shown
    return f"{shown}, ... ({len(categories)} in all)"
