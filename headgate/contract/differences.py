"""What changed between two contracts, and which changes refuse rows that were accepted."""

from collections.abc import Iterator, Sequence

from headgate.contract.columns import (
    BaseColumn,
    CategoryColumn,
    Column,
    ImageColumn,
    IntegerColumn,
    NumberColumn,
    TextColumn,
)
from headgate.contract.domains import bounds_of, category_list, policy_of, range_words

_OF_THE_PAGE = {"name", "description", "example", "categories"}


def list_differences(*, old: Sequence[Column], new: Sequence[Column]) -> tuple[str, ...]:
    """Say every difference, columns in the old order first."""
    before, after = _by_name(old), _by_name(new)
    said = [f"column {name!r} was removed" for name in before if name not in after]
    said += [
        f"column {name!r} was added ({column.type}{'' if column.optional else ', required'})"
        for name, column in after.items()
        if name not in before
    ]
    for name, column in before.items():
        if name in after:
            said += _changes(column, after[name])
    kept_before = [name for name in before if name in after]
    if kept_before != [name for name in after if name in before]:
        said.append("the order of the columns changed")
    return tuple(said)


def breaking_changes(*, old: Sequence[Column], new: Sequence[Column]) -> tuple[str, ...]:
    """Say each change for which a row that was accepted may now be refused."""
    before, after = _by_name(old), _by_name(new)
    said = [
        f"column {name!r} was removed: a row that has it is refused"
        for name in before
        if name not in after
    ]
    said += [
        f"column {name!r} was added and is required"
        for name, column in after.items()
        if name not in before and not column.optional
    ]
    for name, column in before.items():
        if name in after:
            said += [f"column {name!r}: {why}" for why in _narrower(column, after[name])]
    return tuple(said)


def _by_name(columns: Sequence[Column]) -> dict[str, Column]:
    return {column.name: column for column in columns}


def _changes(old: BaseColumn, new: BaseColumn) -> Iterator[str]:
    fields = [*type(old).model_fields, *type(new).model_fields]
    for field in dict.fromkeys(fields):
        before, after = getattr(old, field, None), getattr(new, field, None)
        if field not in _OF_THE_PAGE and before != after:
            yield f"column {new.name!r}: {field} was {before!r}, is now {after!r}"
    if isinstance(old, CategoryColumn) and isinstance(new, CategoryColumn):
        yield from _category_changes(old, new)


def _category_changes(old: CategoryColumn, new: CategoryColumn) -> Iterator[str]:
    for word, gained, lost in (("new", new, old), ("removed", old, new)):
        known = set(lost.categories)
        names = tuple(name for name in gained.categories if name not in known)
        if names:
            yield f"column {new.name!r}: {word} categories {category_list(names)}"


def _narrower(old: Column, new: Column) -> Iterator[str]:
    if old.optional and not new.optional:
        yield "a missing value was accepted and is refused"
    if isinstance(old, NumberColumn | IntegerColumn) and isinstance(
        new, NumberColumn | IntegerColumn
    ):
        yield from _narrower_numbers(old, new)
    elif isinstance(new, CategoryColumn) and isinstance(old, CategoryColumn | TextColumn):
        yield from _narrower_categories(old, new)
    elif isinstance(new, TextColumn) and isinstance(old, CategoryColumn | TextColumn):
        yield from _narrower_text(old, new)
    elif old.type != new.type:
        yield f"its type was {old.type}, is now {new.type}"
    elif isinstance(old, ImageColumn) and isinstance(new, ImageColumn):
        yield from _narrower_images(old, new)


def _narrower_images(old: ImageColumn, new: ImageColumn) -> Iterator[str]:
    if new.max_bytes < old.max_bytes:
        yield f"max_bytes was {old.max_bytes}, is now {new.max_bytes}"


def _narrower_numbers(
    old: NumberColumn | IntegerColumn, new: NumberColumn | IntegerColumn
) -> Iterator[str]:
    if isinstance(old, NumberColumn) and isinstance(new, IntegerColumn):
        yield "its type was number, is now integer"
        return
    anything = old if old.policy == "reject" else type(old)(name=old.name)
    (old_low, old_high), (new_low, new_high) = bounds_of(anything), bounds_of(new)
    if new.policy == "reject" and (new_low > old_low or new_high < old_high):
        was = range_words(old) if old.policy == "reject" else ""
        yield f"values must now be {range_words(new)}, before {was or 'any were accepted'}"


def _narrower_categories(old: CategoryColumn | TextColumn, new: CategoryColumn) -> Iterator[str]:
    if new.policy != "reject":
        return
    if isinstance(old, TextColumn) or policy_of(old) != "reject":
        yield "any string was accepted, now only the known categories are"
        return
    known = set(new.categories)
    lost = tuple(name for name in old.categories if name not in known)
    if lost:
        yield f"the categories {category_list(lost)} are no longer accepted"


def _narrower_text(old: CategoryColumn | TextColumn, new: TextColumn) -> Iterator[str]:
    if isinstance(old, TextColumn):
        longest: float = old.max_length
    elif old.policy == "reject":
        longest = max(map(len, old.categories), default=0)
    else:
        longest = float("inf")
    if longest > new.max_length:
        yield f"max_length is now {new.max_length}; longer strings were accepted"
