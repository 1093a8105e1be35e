"""From rows or whole columns to the accepted rows, with every problem of the others."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

from headgate.contract.cleaning import MISSING, CleanedColumn, ColumnCleaner
from headgate.contract.columns import Column
from headgate.contract.wording import did_you_mean, found, printable_key
from headgate.errors import FieldError

# Bounds on the work a hostile body can cause.
MAX_UNKNOWN_NAMED = 20
MAX_SUGGESTIONS = 200

RowErrors = dict[int, tuple[FieldError, ...]]


@dataclass(slots=True)
class Cleaned:
    """The outcome of cleaning.

    ``values`` hold the accepted rows only, None = missing; ``accepted`` their positions in the
    input. ``errors`` are of refused rows, ``flags`` of accepted ones, both by input position.
    """

    values: dict[str, list[object]]
    accepted: list[int]
    errors: RowErrors
    flags: dict[int, tuple[str, ...]]


class TableCleaner:
    """Cleans rows or whole columns of a contract; made once for many calls."""

    def __init__(self, columns: Sequence[Column], *, textual: bool) -> None:
        self._cleaners = [ColumnCleaner(column, textual=textual) for column in columns]
        self._names = frozenset(column.name for column in columns)

    def clean_rows(self, rows: Sequence[object]) -> Cleaned:
        """Clean rows as a caller sent them."""
        unknown = _UnknownKeys(self._names)
        objects: list[Mapping[object, object]] = []
        extra: RowErrors = {}
        refused: RowErrors = {}
        for position, row in enumerate(rows):
            if not isinstance(row, Mapping):
                problem = f"must be an object of columns, found {found(row)}"
                refused[position] = (FieldError(field="", problem=problem),)
                row = {}
            elif not self._names.issuperset(row):
                extra[position] = unknown.errors([key for key in row if key not in self._names])
            objects.append(row)
        table = {c.name: [row.get(c.name) for row in objects] for c in self._cleaners}
        return self._assemble(table, len(objects), extra, refused)

    def clean_columns(
        self, table: Mapping[str, Sequence[object]], n_rows: int, skip: Collection[str]
    ) -> Cleaned:
        """Clean whole columns; one that is absent is missing in every row."""
        extra: RowErrors = {}
        if not self._names.issuperset(table):
            keys = [key for key in table if key not in self._names and key not in skip]
            errors = _UnknownKeys(self._names).errors(keys)
            extra = dict.fromkeys(range(n_rows), errors) if errors else {}
        return self._assemble(table, n_rows, extra, {})

    def _assemble(
        self,
        table: Mapping[str, Sequence[object]],
        n_rows: int,
        extra: RowErrors,
        refused: RowErrors,
    ) -> Cleaned:
        """Clean by column; ``extra`` errors add to a row's own, ``refused`` replace them."""
        values: dict[str, list[object]] = {}
        doubtful: list[tuple[str, CleanedColumn]] = []
        for cleaner in self._cleaners:
            name = cleaner.name
            given = table.get(name)
            known = None if given is None or len(given) != n_rows else cleaner.known(given)
            if known is None:
                cleaned = _clean_column(cleaner, given, n_rows)
                doubtful.append((name, cleaned))
                known = cleaned.values
            values[name] = known
        if not (doubtful or extra or refused):
            return Cleaned(values, list(range(n_rows)), {}, {})
        errors, flags = _by_row(doubtful, extra)
        return _accept(values, n_rows, errors | refused, flags)


class _UnknownKeys:
    """Words the errors about keys that are no columns, at bounded cost."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = names
        self._suggestions: dict[str, str] = {}

    def errors(self, keys: Sequence[object]) -> tuple[FieldError, ...]:
        named = [self._error(key) for key in keys[:MAX_UNKNOWN_NAMED]]
        if len(keys) > MAX_UNKNOWN_NAMED:
            more = f"{len(keys) - MAX_UNKNOWN_NAMED} more keys are not columns of this model"
            named.append(FieldError(field="", problem=more))
        return tuple(named)

    def _error(self, key: object) -> FieldError:
        shown = printable_key(key)
        suggestion = self._suggestions.get(shown)
        if suggestion is None and len(self._suggestions) < MAX_SUGGESTIONS:
            suggestion = self._suggestions[shown] = did_you_mean(shown, self._names)
        return FieldError(shown, f"is not a column of this model{suggestion or ''}")


def _by_row(
    columns: Sequence[tuple[str, CleanedColumn]], extra: RowErrors
) -> tuple[RowErrors, Mapping[int, Sequence[str]]]:
    errors: defaultdict[int, list[FieldError]] = defaultdict(list)
    flags: defaultdict[int, list[str]] = defaultdict(list)
    for name, cleaned in columns:
        for position, problem in cleaned.errors.items():
            errors[position].append(FieldError(name, problem))
        for position, flag in cleaned.flags.items():
            flags[position].append(flag)
    for position, unknown in extra.items():
        errors[position].extend(unknown)
    return {position: tuple(errors[position]) for position in sorted(errors)}, flags


def _clean_column(
    cleaner: ColumnCleaner, given: Sequence[object] | None, n_rows: int
) -> CleanedColumn:
    if given is None:
        if not cleaner.column.optional:
            return CleanedColumn([None] * n_rows, dict.fromkeys(range(n_rows), MISSING))
        given = [None] * n_rows
    if len(given) != n_rows:
        raise ValueError(f"column {cleaner.name!r} has {len(given)} values for {n_rows} rows")
    return cleaner.clean_each(given)


def _accept(
    values: dict[str, list[object]],
    n_rows: int,
    problems: RowErrors,
    flags: Mapping[int, Sequence[str]],
) -> Cleaned:
    accepted = list(range(n_rows))
    if problems:
        keep = [position not in problems for position in accepted]
        accepted = list(compress(accepted, keep))
        values = {name: list(compress(column, keep)) for name, column in values.items()}
    kept_flags = {at: tuple(flags[at]) for at in sorted(flags) if at not in problems}
    return Cleaned(values, accepted, dict(sorted(problems.items())), kept_flags)
