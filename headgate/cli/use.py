"""``predict``: one answer of the live model, over HTTP as every caller gets it."""

import json
import sys
import time
from pathlib import Path

import click
from pydantic import JsonValue, TypeAdapter, ValidationError

from headgate.api_answers import ModelInfo
from headgate.api_client import Client
from headgate.cli.session import Session, command
from headgate.errors import NotFoundError, UnreachableError, UsageError
from headgate.names import check_model_name

_OBJECT = TypeAdapter(dict[str, JsonValue])
PATIENCE_SECONDS = 15.0
PAUSE_SECONDS = 0.2


@click.command()
@click.argument("model")
@click.argument("body", required=False)
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=PATIENCE_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for a model that is being loaded.",
)
@command
def predict(session: Session, model: str, body: str | None, wait: float) -> None:
    """Ask the live model for one answer: BODY is JSON, @FILE, or - for standard input.

    Without BODY the contract's own example is asked.
    """
    name = check_model_name(model)
    # A version that was promoted a moment ago is being loaded.
    with Client(session.api_url, patience_seconds=wait) as client:
        row = _row(body) if body is not None else _example(session, _loaded(client, name, wait))
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


def _loaded(client: Client, model: str, wait: float) -> ModelInfo:
    """Return what is known of a model once a version of it answers.

    Raises:
        UnreachableError: if none does in time; the text is the service's own.
    """
    until = time.monotonic() + wait
    while (info := client.model(model)).version is None:
        if time.monotonic() + PAUSE_SECONDS > until:
            raise UnreachableError(info.problem or f"Model {model!r} is not loaded yet. Ask again.")
        time.sleep(PAUSE_SECONDS)
    return info


def _example(session: Session, info: ModelInfo) -> dict[str, JsonValue]:
    if info.example is None:
        raise NotFoundError(f"Model {info.model!r} has no example row. Give a BODY.")
    session.note(f"No BODY given; asking the contract's example: {_shortened(info.example)}")
    return info.example


def _shortened(row: dict[str, JsonValue]) -> str:
    text = json.dumps(row, ensure_ascii=False)
    return text if len(text) <= 200 else text[:200] + "..."
