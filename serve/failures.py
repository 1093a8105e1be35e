"""The one form of every error answer, and what turns failures into it."""

import json
import logging
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from headgate.documents.base import Frozen
from headgate.errors import FieldError, HeadgateError, InvalidInputError
from serve.errors import RateLimitedError, capped, names_of
from serve.protocols.error_forms import Failure, form_of

LOG = logging.getLogger(__name__)
RETRY_AFTER = {429: "1", 503: "2"}
WORDS = {
    "missing": "is missing",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "string_type": "must be a string",
    "bool_type": "must be true or false",
    "float_type": "must be a number",
    "int_type": "must be an integer",
}


class FieldProblem(Frozen):
    """One wrong field."""

    field: str
    problem: str


class ErrorAnswer(Frozen):
    """What every failed request answers."""

    error: str = Field(examples=["InvalidInputError"])
    detail: str = Field(examples=["The row does not fit the contract of iris v0001."])
    fields: tuple[FieldProblem, ...] = ()


ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorAnswer, "description": "What is wrong with the request, and where."},
    503: {"model": ErrorAnswer, "description": "Not now; ask again after Retry-After seconds."},
}
"""What every endpoint of ours may answer beside its success, for the document."""

BESIDE_TEXT: dict[int | str, dict[str, Any]] = {
    status: {
        "description": error["description"],
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}},
    }
    for status, error in ERRORS.items()
}
"""The same for endpoints whose success is no JSON."""


class ErrorResponse(JSONResponse):
    """JSON that can always be written, whatever a caller's text held.

    On the paths of another server's protocol the answer has that protocol's form.
    """

    def __init__(
        self,
        status: int,
        error: str,
        detail: str,
        fields: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._failure = Failure(status, detail, given := tuple(fields))
        content = {
            "error": error,
            "detail": detail,
            "fields": [{"field": f.field, "problem": f.problem} for f in capped(given)],
        }
        own = {"Retry-After": RETRY_AFTER[status]} if status in RETRY_AFTER else {}
        if status == 401:
            own["WWW-Authenticate"] = "Bearer"
        super().__init__(content, status, {**own, **(headers or {})})

    def render(self, content: object) -> bytes:
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "backslashreplace")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if form := form_of(path):
            self.status_code, content = form(self._failure)
            self.body = self.render(content)
            self.headers["Content-Length"] = str(len(self.body))
        await super().__call__(scope, receive, send)


def install(app: FastAPI, codes: Mapping[type[HeadgateError], int]) -> None:
    """Make every failure of ``app`` answer in the one form, with the code its class has."""

    async def expected(_: Request, err: Exception) -> ErrorResponse:
        return refusal(err, codes)

    app.add_exception_handler(HeadgateError, expected)
    app.add_exception_handler(HTTPException, _of_framework)
    app.add_exception_handler(RequestValidationError, _of_parameters)
    app.add_middleware(UnexpectedFailures)


def refusal(err: Exception, codes: Mapping[type[HeadgateError], int]) -> ErrorResponse:
    """Return the answer to an expected failure."""
    fields = err.fields if isinstance(err, InvalidInputError) else ()
    headers = {"Retry-After": f"{err.retry_after}"} if isinstance(err, RateLimitedError) else {}
    return ErrorResponse(_code(err, codes), type(err).__name__, str(err), fields, headers)


def new_failure_id() -> str:
    """Return what a traceback in the log is found by."""
    return uuid.uuid4().hex[:12]


def unexpected(failure_id: str) -> ErrorResponse:
    """Return the answer to a bug whose traceback is in the log under ``failure_id``."""
    detail = (
        f"This server failed in a way nobody foresaw. Its log has the reason under "
        f"{failure_id!r}; tell its operator."
    )
    return ErrorResponse(500, "UnexpectedError", detail)


def _code(err: Exception, codes: Mapping[type[HeadgateError], int]) -> int:
    return next(codes[kind] for kind in type(err).__mro__ if kind in codes)


async def _of_framework(request: Request, err: Exception) -> ErrorResponse:
    if not isinstance(err, HTTPException):
        raise err
    asked = f"{request.method} {request.url.path}"
    headers = dict(err.headers or {})
    if err.status_code == 404:
        detail = f"There is no {asked}. GET /docs shows what there is."
        return ErrorResponse(404, "RouteNotFoundError", detail)
    if err.status_code == 405:
        allowed = headers.get("Allow") or headers.get("allow") or "another method"
        detail = f"There is no {asked}; this path takes {allowed}."
        return ErrorResponse(405, "MethodNotAllowedError", detail, headers=headers)
    return ErrorResponse(err.status_code, "RequestError", str(err.detail), headers=headers)


async def _of_parameters(request: Request, err: Exception) -> ErrorResponse:
    if not isinstance(err, RequestValidationError):
        raise err
    fields = [FieldError(str(e["loc"][-1]), wording(e["type"], e["msg"])) for e in err.errors()]
    asked = f"{request.method} {request.url.path}"
    detail = f"{asked} cannot use what was given for: {names_of(fields)}."
    return ErrorResponse(422, "InvalidInputError", detail, fields)


def wording(kind: str, said: str) -> str:
    """Return what pydantic found wrong in the words of the other answers.

    >>> wording("list_type", "Input should be a valid list")
    'must be a list'
    >>> wording("value_error", "Value error, Write it as v0001.")
    'write it as v0001.'
    """
    said = said.removeprefix("Value error, ")
    return WORDS.get(kind) or said[:1].lower() + said[1:]


class UnexpectedFailures:
    """Answers a bug with 500 and an id; the traceback goes to the log under that id only."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            LOG.debug("%s %s: the client hung up", scope["method"], scope["path"])
        except Exception:
            if scope["type"] != "http" or started:
                raise
            failure_id = new_failure_id()
            LOG.exception("failure=%s %s %s", failure_id, scope["method"], scope["path"])
            await unexpected(failure_id)(scope, receive, send)
