"""Reads rows straight from a body's bytes, by a decoder made once for a contract.

A decoder takes only what `serve.bodies.body.decode` and the contract would read the same way. It
gives up on all else, and then those decide and word what is wrong.
"""

from typing import Protocol

from headgate.contract import Contract
from serve.answering.rows import Values


class RowDecoder(Protocol):
    """Reads the rows of bodies that are as they should be; None = read it the slow way."""

    def one(self, body: bytes) -> Values | None:
        """Return the row of an object."""

    def many(self, body: bytes) -> list[Values] | None:
        """Return the rows of ``{"instances": [row, …]}`` or of a bare list."""


class GivesUp:
    """Reads nothing: every body goes the slow way."""

    def one(self, body: bytes) -> None: ...

    def many(self, body: bytes) -> None: ...


def compile_decoder(contract: Contract) -> RowDecoder:
    """Return the fastest decoder there is for a contract's rows."""
    try:
        from serve.hot.structs import StructDecoder
    except ImportError:
        return GivesUp()
    try:
        return StructDecoder(contract)
    except ValueError:
        # A column's name cannot be that of a field, as one with a quote in it.
        return GivesUp()
