"""How a protocol of others words a failure: its own keys, its own codes, nothing of the data."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from headgate.errors import FieldError

MOST_PROBLEMS = 20
MOST_CHARACTERS = 2000
MLFLOW_PATH = re.compile(r"/invocations|/models/[^/]+/invocations|/ping|/version")
MLFLOW_CODES = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "RESOURCE_DOES_NOT_EXIST",
    405: "ENDPOINT_NOT_FOUND",
    429: "REQUEST_LIMIT_EXCEEDED",
    500: "INTERNAL_ERROR",
    503: "TEMPORARILY_UNAVAILABLE",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed request as this server sees it."""

    status: int
    sentence: str
    fields: tuple[FieldError, ...] = ()


class ErrorForm(Protocol):
    """From a failure to the status and the JSON object a protocol answers."""

    def __call__(self, failure: Failure, /) -> tuple[int, Mapping[str, str]]: ...


def form_of(path: str) -> ErrorForm | None:
    """Return the form a path's protocol fixes, or None where the answers are in our own.

    >>> form_of("/v2/models/iris/infer") is v2_form, form_of("/v2x") is None
    (True, True)
    """
    if path == "/v2" or path.startswith("/v2/"):
        return v2_form
    return mlflow_form if MLFLOW_PATH.fullmatch(path) else None


def v2_form(failure: Failure) -> tuple[int, Mapping[str, str]]:
    """Return the Open Inference Protocol's form.

    >>> v2_form(Failure(422, "No row fits.", (FieldError("rows.0.a", "is missing"),)))
    (400, {'error': 'No row fits. rows.0.a: is missing.'})
    """
    return _status(failure), {"error": _text(failure)}


def mlflow_form(failure: Failure) -> tuple[int, Mapping[str, str]]:
    """Return the form of MLflow's scoring server.

    >>> mlflow_form(Failure(404, "There is no such model."))
    (404, {'error_code': 'RESOURCE_DOES_NOT_EXIST', 'message': 'There is no such model.'})
    """
    other = "INVALID_PARAMETER_VALUE" if failure.status == 422 else "BAD_REQUEST"
    code = MLFLOW_CODES.get(failure.status, other)
    return _status(failure), {"error_code": code, "message": _text(failure)}


def _status(failure: Failure) -> int:
    return 400 if failure.status == 422 else failure.status


def _text(failure: Failure) -> str:
    problems = "; ".join(_without_values(failure.fields))
    text = f"{failure.sentence} {problems}." if problems else failure.sentence
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


def _without_values(fields: Iterable[FieldError]) -> Iterable[str]:
    """Word what is wrong without what was found: these answers end up in other people's logs."""
    rest = iter(fields)
    for field in islice(rest, MOST_PROBLEMS):
        yield f"{field.field}: {field.problem.partition(', found ')[0]}"
    if left_out := sum(1 for _ in rest):
        yield f"and {left_out} more"
