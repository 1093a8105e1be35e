"""A decoder of msgspec structs: the only module here that needs msgspec."""

import re
from collections.abc import Sequence
from types import GenericAlias, UnionType
from typing import cast

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import astuple

from headgate.contract import BooleanColumn, Column, Contract, IntegerColumn, NumberColumn
from serve.answering.rows import Values

KEY = re.compile(rb'"[ \t\r\n]*:')
NUMBER = cast(UnionType, int | float | None)
BOOLEAN = cast(UnionType, bool | None)
STRING = cast(UnionType, str | None)
FAILURES = (msgspec.MsgspecError, UnicodeError, RecursionError)


class StructDecoder:
    """Decodes flat rows of plain values; which of them a column takes, the contract says.

    Raises:
        ValueError: if a column's name holds what JSON escapes.
    """

    def __init__(self, contract: Contract) -> None:
        row = _row_type(contract.columns)
        rows = GenericAlias(list, (row,))
        instances = [("instances", rows)]
        self._n_columns = len(contract.columns)
        self._any_optional = any(column.optional for column in contract.columns)
        self._one = msgspec.json.Decoder(row)
        self._list: msgspec.json.Decoder[list[Struct]] = msgspec.json.Decoder(rows)
        self._object = msgspec.json.Decoder(
            msgspec.defstruct("Instances", instances, forbid_unknown_fields=True)
        )

    def one(self, body: bytes) -> Values | None:
        try:
            values = astuple(self._one.decode(body))
        except FAILURES:
            return None
        n_keys = self._n_columns
        if self._any_optional and (n_absent := values.count(UNSET)):
            n_keys -= n_absent
            values = _filled(values)
        return values if _each_key_once(body, n_keys) else None

    def many(self, body: bytes) -> list[Values] | None:
        bare = body.lstrip()[:1] == b"["
        try:
            rows = self._list.decode(body) if bare else astuple(self._object.decode(body))[0]
        except FAILURES:
            return None
        values = list(map(astuple, rows))
        n_keys = self._n_columns * len(values) + (0 if bare else 1)
        if self._any_optional and (n_absent := sum(row.count(UNSET) for row in values)):
            n_keys -= n_absent
            values = list(map(_filled, values))
        return values if _each_key_once(body, n_keys) else None


def _row_type(columns: Sequence[Column]) -> type[Struct]:
    """Return a struct of the columns in their order; a required one that is absent is an error."""
    optional = {f"c{i}" for i, column in enumerate(columns) if column.optional}
    fields = {f"c{i}": _plain_type(column) for i, column in enumerate(columns)}
    return msgspec.defstruct(
        "Row",
        [
            (name, kind | UnsetType, UNSET) if name in optional else (name, kind)
            for name, kind in fields.items()
        ],
        rename={f"c{i}": column.name for i, column in enumerate(columns)},
        forbid_unknown_fields=True,
        kw_only=True,
        gc=False,
    )


def _plain_type(column: Column) -> UnionType:
    if isinstance(column, NumberColumn | IntegerColumn):
        return NUMBER
    return BOOLEAN if isinstance(column, BooleanColumn) else STRING


def _filled(values: Values) -> Values:
    return tuple(None if value is UNSET else value for value in values)


def _each_key_once(body: bytes, n_keys: int) -> bool:
    """Say whether a body has no more pairs than keys were found; msgspec keeps the last of two.

    A colon outside of a text follows a key's quote, so neither way of counting misses a pair.
    """
    return body.count(b":") == n_keys or len(KEY.findall(body)) == n_keys
