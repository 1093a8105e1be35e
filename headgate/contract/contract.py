"""The columns a version accepts, owned by the version and stored beside it."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field, JsonValue

from headgate.contract.columns import CategoryColumn, Column
from headgate.contract.differences import breaking_changes, list_differences
from headgate.contract.domains import impute_of, policy_of
from headgate.contract.schema import example_row, row_schema
from headgate.contract.table import Cleaned, TableCleaner
from headgate.documents.base import Document, sha256_of


class Contract(Document):
    """Typed columns in order, nothing left open; the same cleaning for one row and for millions."""

    schema_version: Literal[1] = 1
    columns: tuple[Column, ...] = Field(min_length=1)

    def model_post_init(self, _context: object, /) -> None:
        wrong = [f"column {name!r} is declared twice" for name in _repeated(self.names)]
        for column in self.columns:
            if isinstance(column, CategoryColumn) and not column.categories:
                wrong.append(f"column {column.name!r} has no categories")
            if policy_of(column) == "impute" and impute_of(column) is None:
                wrong.append(f"column {column.name!r} has policy 'impute' but no value to impute")
        if not wrong:
            problems = self.clean([self.example()]).errors.get(0, ())
            wrong = [f"the example of column {p.field!r} {p.problem}" for p in problems]
            wrong += _unstorable(self)
        if wrong:
            raise ValueError("; ".join(wrong))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def sha256(self) -> str:
        """Return the hash of the stored bytes."""
        return sha256_of(self.to_bytes())

    def cleaner(self, *, textual: bool = False) -> TableCleaner:
        """Return what cleans for this contract, for whoever does so often and a few rows a time."""
        return TableCleaner(self.columns, textual=textual)

    def clean(self, rows: Sequence[object], *, textual: bool = False) -> Cleaned:
        """Clean rows, normally mappings; anything else in place of a row is a refused row.

        With ``textual`` the strings are CSV cells and are read as their column's type.
        """
        return self.cleaner(textual=textual).clean_rows(rows)

    def clean_columns(
        self,
        columns: Mapping[str, Sequence[object]],
        n_rows: int,
        *,
        textual: bool = False,
        skip: frozenset[str] = frozenset(),
    ) -> Cleaned:
        """Clean whole columns of ``n_rows`` each; ``skip`` names other columns to pass over."""
        return self.cleaner(textual=textual).clean_columns(columns, n_rows, skip)

    def json_schema(self) -> dict[str, JsonValue]:
        """Return the JSON Schema of one row."""
        return row_schema(self.columns)

    def example(self) -> dict[str, JsonValue]:
        """Return a row this contract accepts."""
        return example_row(self.columns)

    def differences(self, other: "Contract") -> tuple[str, ...]:
        """Say what changed from ``other`` to this contract, one sentence a change."""
        return list_differences(old=other.columns, new=self.columns)

    def breaks(self, other: "Contract") -> tuple[str, ...]:
        """Say why a row that ``other`` accepts may be refused here; empty if none can be."""
        return breaking_changes(old=other.columns, new=self.columns)


def _repeated(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _unstorable(contract: Contract) -> list[str]:
    try:
        contract.to_bytes()
    except UnicodeEncodeError:
        return ["a name, description or category holds a lone surrogate"]
    return []
