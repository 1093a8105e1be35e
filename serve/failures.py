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
from serve.errors import capped, names_of

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


class ErrorResponse(JSONResponse):
    """JSON that can always be written, whatever a caller's text held."""

    def __init__(
        self,
        status: int,
        error: str,
        detail: str,
        fields: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        content = {
            "error": error,
            "detail": detail,
            "fields": [{"field": f.field, "problem": f.problem} for f in capped(fields)],
        }
        own = {"Retry-After": RETRY_AFTER[status]} if status in RETRY_AFTER else {}
        if status == 401:
            own["WWW-Authenticate"] = "Bearer"
        super().__init__(content, status, {**own, **(headers or {})})

    def render(self, content: object) -> bytes:
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "backslashreplace")


def install(app: FastAPI, codes: Mapping[type[HeadgateError], int]) -> None:
    """Make every failure of ``app`` answer in the one form, with the code its class has."""

    async def expected(_: Request, err: Exception) -> ErrorResponse:
        fields = err.fields if isinstance(err, InvalidInputError) else ()
        return ErrorResponse(_code(err, codes), type(err).__name__, str(err), fields)

    app.add_exception_handler(HeadgateError, expected)
    app.add_exception_handler(HTTPException, _of_framework)
    app.add_exception_handler(RequestValidationError, _of_parameters)
    app.add_middleware(UnexpectedFailures)


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
            failure_id = uuid.uuid4().hex[:12]
            LOG.exception("failure=%s %s %s", failure_id, scope["method"], scope["path"])
            detail = (
                f"This server failed in a way nobody foresaw. Its log has the reason under "
                f"{failure_id!r}; tell its operator."
            )
            await ErrorResponse(500, "UnexpectedError", detail)(scope, receive, send)
