"""Refusals that only exist over HTTP; which code each has stands in `serve.app`."""

from collections.abc import Iterable
from itertools import islice

from headgate.errors import (
    ConflictError,
    FieldError,
    HeadgateError,
    InvalidInputError,
    NotFoundError,
)

# An answer stays small, however much of a body is wrong.
MOST_FIELDS = 100
MOST_NAMES = 10


class MalformedBodyError(InvalidInputError):
    """The body cannot be read as JSON at all."""


class BodyTooLargeError(HeadgateError):
    """The body is over the limit."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The body is over {limit} bytes, the most this server takes in one request. Send "
            "fewer rows, or put them into a file and name it as input_uri of POST /infer."
        )


class BodyTimeoutError(HeadgateError):
    """The body did not arrive in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The body did not arrive whole within {seconds:g} s. Send it again.")


class MediaTypeError(HeadgateError):
    """The body is not declared to be plain JSON."""


class UnauthenticatedError(HeadgateError):
    """No key was sent, or one this server does not know."""

    def __init__(self) -> None:
        super().__init__(
            "This server wants an API key it knows. Send it as 'Authorization: Bearer <key>' or "
            "as 'X-API-Key: <key>'."
        )


class ForbiddenError(HeadgateError):
    """The key is known but may not do this."""

    def __init__(self, name: str, roles: Iterable[str], wanted: str) -> None:
        super().__init__(
            f"Key {name!r} has the roles {', '.join(roles)}; this needs {wanted!r}. Use another "
            "key, or ask the operator of this server for that role."
        )


class RateLimitedError(HeadgateError):
    """A key asked more often than it may."""

    def __init__(self, name: str, per_second: float, retry_after: int) -> None:
        super().__init__(
            f"Key {name!r} may send {per_second:g} requests per second to a server process and "
            "sent more. Ask again after Retry-After seconds, or put many rows into one request."
        )
        self.retry_after = retry_after


class NotServingError(HeadgateError):
    """The model is meant to be served here, but nothing of it is loaded now."""


class OverloadedError(HeadgateError):
    """More is asked of this server than it can answer soon."""

    def __init__(self, why: str) -> None:
        super().__init__(f"This server {why}. Ask again after Retry-After seconds.")


class ModelChoiceError(HeadgateError):
    """A request without a model's name, to a server of several."""

    def __init__(self, models: Iterable[str]) -> None:
        names = ", ".join(models)
        super().__init__(
            f"This server has several models ({names}) and no default one. Name one in the path, "
            "as in /models/<model>/predict, or set HEADGATE_DEFAULT_MODEL."
        )


class ModelUnknownError(HeadgateError):
    """This server has no such model."""

    def __init__(self, model: str, models: Iterable[str]) -> None:
        names = ", ".join(models) or "none yet"
        super().__init__(
            f"This server has no model {model[:80]!r} (it has: {names}). Check the name, or "
            "train, gate and promote it first."
        )


class VersionUnknownError(NotFoundError):
    """The model is here, but not that version of it."""

    def __init__(self, model: str, version: str, loaded: Iterable[str]) -> None:
        super().__init__(
            f"This server does not serve version {version[:20]!r} of {model[:80]!r} (it serves: "
            f"{', '.join(loaded)}). Leave the version out, or promote or pin that one."
        )


class FlowUnknownError(HeadgateError):
    """No flow of that name is started over HTTP."""

    def __init__(self, flow: str, flows: Iterable[str]) -> None:
        super().__init__(
            f"There is no flow {flow[:80]!r} to start here (there are: {', '.join(flows)}). For "
            "batch-infer use POST /infer."
        )


class NoProbabilitiesError(HeadgateError):
    """The model cannot rank its classes."""


class RunLostError(ConflictError):
    """The run's process is gone, and it left no result."""

    def __init__(self, run_id: str, reason: str) -> None:
        super().__init__(
            f"Run {run_id!r} is lost: {reason}. It is tried again by itself; to do so now, POST "
            f"/infer/{run_id}/retry."
        )


class HeaderTwiceError(InvalidInputError):
    """A header that may be there once is there more often."""

    def __init__(self, header: str) -> None:
        super().__init__(
            f"The header {header} is there more than once. Send one of them.",
            [FieldError(header, "is there more than once")],
        )


class AddressTakenError(HeadgateError):
    """The server cannot listen where it is told to."""

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(
            f"This server cannot listen on {host} port {port}: {why}. Stop what listens there, or "
            "choose another with --port or HEADGATE_PORT."
        )


def capped(fields: Iterable[FieldError], most: int = MOST_FIELDS) -> tuple[FieldError, ...]:
    """Return the first fields, and one more that says how many were left out.

    >>> capped([FieldError("a", "is missing")] * 3, most=2)[-1]
    FieldError(field='…', problem='and 1 more')
    """
    rest = iter(fields)
    first = tuple(islice(rest, most))
    left_out = sum(1 for _ in rest)
    return (*first, FieldError("…", f"and {left_out} more")) if left_out else first


def names_of(fields: Iterable[FieldError]) -> str:
    """Return the names of the first wrong fields, for a sentence.

    >>> names_of([FieldError("a", "is missing"), FieldError("b", "is missing")])
    'a, b'
    """
    names = list(dict.fromkeys(field.field[:80] for field in fields))
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def row_field(row: int, field: FieldError) -> FieldError:
    """Return a row's wrong field with its place in the list; a row itself has no field's name."""
    return FieldError(
        f"instances.{row}" + (f".{field.field}" if field.field else ""), field.problem
    )


def row_count(found: int, most: int) -> InvalidInputError:
    """Return the refusal of no rows, or of more than one request takes."""
    return one_field(
        f"{found} rows were sent; one request takes 1 to {most}. Put more into a file and name it "
        "as input_uri of POST /infer.",
        "instances",
        f"has {found} rows; it must hold 1 to {most} rows",
    )


def one_field(sentence: str, field: str, problem: str) -> InvalidInputError:
    """Return the refusal of a request for one of its fields."""
    return InvalidInputError(sentence, [FieldError(field, problem)])
