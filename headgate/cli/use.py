"""``predict``: one answer of the live model, over HTTP as every caller gets it."""

import json
import sys
from pathlib import Path

import click
from pydantic import JsonValue, TypeAdapter, ValidationError

from headgate.api_client import Client
from headgate.cli.session import Session, command
from headgate.errors import NotFoundError, UsageError
from headgate.names import check_model_name

_OBJECT = TypeAdapter(dict[str, JsonValue])
PATIENCE_SECONDS = 15


@click.command()
@click.argument("model")
@click.argument("body", required=False)
@command
def predict(session: Session, model: str, body: str | None) -> None:
    """Ask the live model for one answer: BODY is JSON, @FILE, or - for standard input.

    Without BODY the contract's own example is asked.
    """
    name = check_model_name(model)
    # A version that was promoted a moment ago is being loaded.
    with Client(session.api_url, patience_seconds=PATIENCE_SECONDS) as client:
        row = _row(body) if body is not None else _example(session, client, name)
        answer = client.predict(row, name)
    sure = f" (confidence {answer.confidence:.3f})" if answer.confidence is not None else ""
    session.answer(
        answer.document(),
        f"{answer.prediction}{sure} by {name}@{answer.version} in {answer.latency_ms} ms",
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


def _example(session: Session, client: Client, model: str) -> dict[str, JsonValue]:
    example = client.model(model).example
    if example is None:
        raise NotFoundError(f"Model {model!r} has no example row. Give a BODY.")
    session.note(f"No BODY given; asking the contract's example: {_shortened(example)}")
    return example


def _shortened(row: dict[str, JsonValue]) -> str:
    text = json.dumps(row, ensure_ascii=False)
    return text if len(text) <= 200 else text[:200] + "..."
