"""The errors Headgate expects: what was asked, what was found, what to do next.

Anything that is not a `HeadgateError` is a bug and keeps its traceback.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


class HeadgateError(Exception):
    """An expected failure; its text is a sentence for the person who asked."""

    exit_code: ClassVar[int] = 1


class UsageError(HeadgateError):
    """A name, setting or argument cannot be used as given."""

    exit_code: ClassVar[int] = 2


class NotFoundError(HeadgateError):
    """What was named does not exist."""


class ConflictError(HeadgateError):
    """What was asked contradicts what is already stored."""


class RefusedError(HeadgateError):
    """The gate or a policy said no."""

    exit_code: ClassVar[int] = 3


class LostRaceError(HeadgateError):
    """Somebody else did it first."""

    exit_code: ClassVar[int] = 4


class UnreachableError(HeadgateError):
    """A service that is needed does not answer."""

    exit_code: ClassVar[int] = 5


class InconclusiveError(HeadgateError):
    """The evidence allows neither yes nor no."""

    exit_code: ClassVar[int] = 6


class IntegrityError(HeadgateError):
    """Stored bytes are not the bytes that were recorded."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field of one input, and what is wrong with it."""

    field: str
    problem: str


class InvalidInputError(HeadgateError):
    """Rows that the contract does not accept; `fields` lists every problem found."""

    exit_code: ClassVar[int] = 2

    def __init__(self, sentence: str, fields: Iterable[FieldError] = ()) -> None:
        super().__init__(sentence)
        self.fields: tuple[FieldError, ...] = tuple(fields)
