"""From a decoded body to a declared shape, with every wrong field named."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, TypeVar

from fastapi import Header, Request
from pydantic import BaseModel, JsonValue, ValidationError

from headgate.documents.base import canonical_json
from headgate.errors import FieldError, InvalidInputError
from serve.bodies.body import check_finite
from serve.errors import HeaderTwiceError, names_of
from serve.failures import wording

MOST_GUESSES = 20
Shape = TypeVar("Shape", bound=BaseModel)

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        description="The same key and body is the same run; another body is refused with 409.",
    ),
]


def parse(shape: type[Shape], body: Mapping[str, JsonValue], what: str) -> Shape:
    """Return the body as its shape; types are not guessed.

    Raises:
        InvalidInputError: naming every field that is wrong, missing or unknown.
    """
    check_finite(body)
    # Unknown keys are told apart here: pydantic would describe every one, however many there are.
    known = {key: value for key, value in body.items() if key in shape.model_fields}
    unknown = list(_unknown(shape, (key for key in body if key not in known)))
    try:
        parsed = shape.model_validate_json(canonical_json(known), strict=True)
    except ValidationError as err:
        raise _refusal(what, [*problems(err), *unknown]) from err
    if unknown:
        raise _refusal(what, unknown)
    return parsed


def problems(err: ValidationError) -> list[FieldError]:
    """Return what pydantic found wrong, field by field, without what it found there."""
    found = err.errors(include_url=False, include_context=False, include_input=False)
    return [_field(e["loc"], e["type"], e["msg"]) for e in found]


def one_idempotency_key(request: Request) -> None:
    """Refuse a request that says two names for one run.

    Raises:
        HeaderTwiceError: if the header is there more than once.
    """
    if len(request.headers.getlist("idempotency-key")) > 1:
        raise HeaderTwiceError("Idempotency-Key")


def _refusal(what: str, fields: Sequence[FieldError]) -> InvalidInputError:
    return InvalidInputError(f"{what} cannot use the body: {names_of(fields)}.", fields)


def _field(loc: tuple[int | str, ...], kind: str, said: str) -> FieldError:
    path = ".".join(str(part)[:80] for part in loc) or "body"
    return FieldError(path, wording(kind, said))


def _unknown(shape: type[BaseModel], keys: Iterable[str]) -> Iterator[FieldError]:
    for position, key in enumerate(keys):
        # Looking for a near name takes long, and nobody reads the hundredth guess.
        guess = position < MOST_GUESSES
        near = difflib.get_close_matches(key[:80], shape.model_fields, n=1) if guess else []
        hint = f"; did you mean {near[0]!r}?" if near else ""
        yield FieldError(key[:80], f"is not known{hint}")
