"""``predict``: one answer of the live model, over HTTP as every caller gets it."""

import json
import sys
import time
from pathlib import Path

import click
import httpx
from pydantic import JsonValue, TypeAdapter, ValidationError

from headgate.cli.session import Session, command
from headgate.errors import (
    FieldError,
    HeadgateError,
    InvalidInputError,
    NotFoundError,
    UnreachableError,
    UsageError,
)
from headgate.names import check_model_name

_OBJECT = TypeAdapter(dict[str, JsonValue])
TIMEOUT_SECONDS = 30
PATIENCE_SECONDS = 15
POLL_SECONDS = 0.3
BUSY = httpx.codes.SERVICE_UNAVAILABLE


@click.command()
@click.argument("model")
@click.argument("body", required=False)
@command
def predict(session: Session, model: str, body: str | None) -> None:
    """Ask the live model for one answer: BODY is JSON, @FILE, or - for standard input.

    Without BODY the contract's own example is asked.
    """
    name = check_model_name(model)
    row = _row(body) if body is not None else _example(session, name)
    answer = _ask(session, "POST", f"/models/{name}/predict", row)
    confidence = answer.get("confidence")
    sure = f" (confidence {confidence:.3f})" if isinstance(confidence, float) else ""
    session.answer(
        answer,
        f"{answer.get('prediction')}{sure} by {name}@{answer.get('version')} in "
        f"{answer.get('latency_ms')} ms",
    )


def _row(body: str) -> dict[str, JsonValue]:
    text = body
    if body == "-":
        text = sys.stdin.read()
    elif body.startswith("@"):
        try:
            text = Path(body[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as err:
            raise UsageError(f"{body[1:]!r} cannot be read: {err}.") from err
    try:
        return _OBJECT.validate_python(json.loads(text))
    except (json.JSONDecodeError, ValidationError, RecursionError) as err:
        raise UsageError(
            "BODY is not a JSON object of the model's columns. Write it as "
            "'{\"column\": value}', or name a file: @row.json"
        ) from err


def _example(session: Session, model: str) -> dict[str, JsonValue]:
    example = _ask(session, "GET", f"/models/{model}").get("example")
    if not isinstance(example, dict):
        raise NotFoundError(f"Model {model!r} has no example row. Give a BODY.")
    session.note(f"No BODY given; asking the contract's example: {_shortened(example)}")
    return example


def _shortened(row: dict[str, JsonValue]) -> str:
    text = json.dumps(row, ensure_ascii=False)
    return text if len(text) <= 200 else text[:200] + "..."


def _ask(
    session: Session, method: str, path: str, body: dict[str, JsonValue] | None = None
) -> dict[str, JsonValue]:
    url = session.api_url
    deadline = time.monotonic() + PATIENCE_SECONDS
    try:
        reply = _send(method, url + path, body)
        # A version that was promoted a moment ago is being loaded.
        while reply.status_code == BUSY and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
            reply = _send(method, url + path, body)
        document = _OBJECT.validate_python(reply.json())
    except (httpx.HTTPError, ValueError) as err:
        raise UnreachableError(
            f"The API at {url} does not answer ({type(err).__name__}). Start it in another "
            "terminal: headgate up"
        ) from err
    if reply.is_success:
        return document
    raise _error(reply.status_code, document)


def _send(method: str, url: str, body: dict[str, JsonValue] | None) -> httpx.Response:
    # NaN goes out as it is: the service's answer names the field.
    content = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    return httpx.request(method, url, content=content, headers=headers, timeout=TIMEOUT_SECONDS)


def _error(status_code: int, document: dict[str, JsonValue]) -> HeadgateError:
    detail = str(document.get("detail", "no detail"))
    listed = document.get("fields")
    fields = [
        FieldError(str(f.get("field")), str(f.get("problem")))
        for f in (listed if isinstance(listed, list) else [])
        if isinstance(f, dict)
    ]
    if fields:
        return InvalidInputError(detail, fields)
    if status_code == httpx.codes.NOT_FOUND:
        return NotFoundError(detail)
    return UnreachableError(detail) if status_code >= 500 else UsageError(detail)
