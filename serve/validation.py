"""From a decoded body to a declared shape, with every wrong field named."""

import difflib
from collections.abc import Mapping
from typing import Annotated, TypeVar

from fastapi import Header
from pydantic import BaseModel, JsonValue, ValidationError

from headgate.documents.base import canonical_json
from headgate.errors import FieldError, InvalidInputError
from serve.body import check_finite

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
    try:
        return shape.model_validate_json(canonical_json(dict(body)), strict=True)
    except ValidationError as err:
        fields = [_field(shape, e["loc"], e["type"], e["msg"]) for e in err.errors()]
        names = ", ".join(dict.fromkeys(f.field for f in fields))
        raise InvalidInputError(f"{what} cannot use the body: {names}.", fields) from err


def _field(shape: type[BaseModel], loc: tuple[int | str, ...], kind: str, said: str) -> FieldError:
    path = ".".join(str(part)[:80] for part in loc) or "body"
    if kind == "missing":
        return FieldError(path, "is missing")
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(path, shape.model_fields, n=1)
        return FieldError(path, "is not known" + (f"; did you mean {near[0]!r}?" if near else ""))
    return FieldError(path, said[:1].lower() + said[1:])
