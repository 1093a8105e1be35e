"""How the values of one column are cleaned."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from headgate.contract.columns import Column
from headgate.contract.domains import Domain, domain_of, impute_of, policy_of
from headgate.contract.parsing import parser_of
from headgate.contract.quick import quick_of
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
    return ColumnCleaner(column, textual=textual).clean(values)


class ColumnCleaner:
    """Cleans the values of one column; made once for many calls."""

    def __init__(self, column: Column, *, textual: bool) -> None:
        self.column = column
        self.name = column.name
        self._textual = textual
        self._quick = quick_of(column, textual=textual)

    def known(self, values: Sequence[object]) -> list[object] | None:
        """Return the values if every one is known and of the right type, else None."""
        try:
            return self._quick(values)
        except (TypeError, ValueError, OverflowError):
            # Something here is not as it should be: look at each value by itself.
            return None

    def clean(self, values: Sequence[object]) -> CleanedColumn:
        """Clean every value, those that are not known by the column's policy."""
        known = self.known(values)
        return CleanedColumn(known) if known is not None else self.clean_each(values)

    def clean_each(self, values: Sequence[object]) -> CleanedColumn:
        """Clean value by value."""
        return _clean_each(self.column, values, self._textual)


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
