"""One call of the HTTP service: patient where it is told to wait, and worded errors."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import httpx
from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from headgate.errors import (
    ConflictError,
    FieldError,
    HeadgateError,
    InvalidInputError,
    NotFoundError,
    RefusedError,
    UnreachableError,
    UsageError,
)

ASK_AGAIN = (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE)
PAUSE_SECONDS = 0.5
IDEMPOTENCY_KEY = "Idempotency-Key"
ERRORS: Mapping[int, type[HeadgateError]] = {
    401: RefusedError,
    403: RefusedError,
    404: NotFoundError,
    409: ConflictError,
    410: NotFoundError,
    429: UnreachableError,
    500: HeadgateError,
}
_OBJECT = TypeAdapter(dict[str, JsonValue])
Answer = TypeVar("Answer", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Call:
    """A request; ``repeatable`` says that a second one does nothing the first did not do."""

    method: str
    path: str
    body: JsonValue = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer; ``pause_seconds`` is how long to wait before asking again."""

    status: int
    document: dict[str, JsonValue]
    pause_seconds: float

    def read_as(self, shape: type[Answer]) -> Answer:
        """Return the answer as its type.

        Raises:
            UnreachableError: if it is of another form, so that something else answers there.
        """
        try:
            return shape.model_validate(self.document)
        except ValidationError as err:
            raise UnreachableError(
                f"What answers there is no Headgate that this client knows: no {shape.__name__} "
                "came back. Check the address, and that both are of about the same version."
            ) from err


class Caller:
    """Sends calls to one service."""

    def __init__(
        self, url: str, key: str | None, *, timeout_seconds: float, patience_seconds: float
    ) -> None:
        self.url = url.rstrip("/")
        self._patience_seconds = patience_seconds
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(headers=headers, timeout=timeout_seconds)

    def close(self) -> None:
        self._http.close()

    def send(self, call: Call) -> Reply:
        """Return the answer of a call that the service carried out.

        A busy service is asked again when it says so, until the patience is over.

        Raises:
            UnreachableError: if it does not answer, or stays busy.
            InvalidInputError: if it names wrong fields.
            HeadgateError: for what else it refuses, with its own sentence.
        """
        until = time.monotonic() + self._patience_seconds
        while True:
            response = self._sent(call)
            pause = _pause_seconds(response)
            is_over = time.monotonic() + pause > until
            if response.status_code not in ASK_AGAIN or not _may_repeat(call) or is_over:
                break
            time.sleep(pause)
        document = self._document(response)
        if response.is_success:
            return Reply(response.status_code, document, pause)
        raise _error(response.status_code, document)

    def _sent(self, call: Call) -> httpx.Response:
        # NaN goes out as it is: the service's answer names the field.
        content = None if call.body is None else json.dumps(call.body).encode()
        plain = {"Content-Type": "application/json"} if content else {}
        url, headers = self.url + call.path, {**plain, **call.headers}
        try:
            return self._http.request(call.method, url, content=content, headers=headers)
        except httpx.HTTPError as err:
            raise self._silent(type(err).__name__) from err
        except (UnicodeError, httpx.InvalidURL) as err:
            raise UsageError(
                f"{call.method} {call.path[:80]!r} cannot be sent to {self.url!r}: {err}. Check "
                "the address, and that the idempotency key is plain ASCII."
            ) from err

    def _document(self, response: httpx.Response) -> dict[str, JsonValue]:
        try:
            return _OBJECT.validate_python(response.json())
        except ValueError as err:
            raise self._silent(f"{response.status_code} without a JSON object") from err

    def _silent(self, found: str) -> UnreachableError:
        return UnreachableError(
            f"The API at {self.url} does not answer ({found}). Check the address, or start it in "
            "another terminal: headgate up"
        )


def _may_repeat(call: Call) -> bool:
    return call.repeatable or IDEMPOTENCY_KEY in call.headers


def _pause_seconds(response: httpx.Response) -> float:
    """Return how long the service wants to be left alone; it says so in whole seconds."""
    told = response.headers.get("Retry-After", "")
    return float(told) if told.isdecimal() and len(told) < 10 else PAUSE_SECONDS


def _error(status: int, document: Mapping[str, JsonValue]) -> HeadgateError:
    detail = str(document.get("detail", f"The service answered {status} and no reason."))
    fields = _fields(document.get("fields"))
    if fields:
        return InvalidInputError(detail, fields)
    return ERRORS.get(status, UnreachableError if status > 500 else UsageError)(detail)


def _fields(listed: JsonValue) -> Sequence[FieldError]:
    return [
        FieldError(str(f.get("field")), str(f.get("problem")))
        for f in (listed if isinstance(listed, list) else [])
        if isinstance(f, dict)
    ]
