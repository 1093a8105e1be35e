"""A caller's rows as plain tuples, for those that have exactly the contract's columns."""

from collections.abc import Mapping, Sequence

Values = tuple[object, ...]
"""One row: a value per column of the contract, in its order; None = missing."""


def values_of(names: Sequence[str], rows: Sequence[object]) -> list[Values] | None:
    """Return the rows by column, an absent one as None; None if a row has other keys, or none.

    >>> values_of(["a", "b"], [{"b": 1}]), values_of(["a"], [{"b": 1}]), values_of(["a"], [7])
    ([(None, 1)], None, None)
    """
    known = frozenset(names)
    values: list[Values] = []
    for row in rows:
        if not isinstance(row, Mapping) or not known.issuperset(row):
            return None
        values.append(tuple(map(row.get, names)))
    return values
