"""The row or rows of a request, whichever of the ways a model takes they are written in.

JSON always; the plain bytes of a text or a PNG where that is the model's only column; CSV where a
request may hold several rows.
"""

import base64
from typing import cast

from anyio.to_thread import run_sync
from fastapi import Request
from pydantic import JsonValue

from headgate.contract import Contract, ImageColumn, TextColumn
from headgate.errors import FieldError
from serve.bodies.body import read_bytes, read_json, read_object
from serve.bodies.csv_rows import Columns, read_csv
from serve.bodies.media_types import CSV, JSON, PNG, TEXT, check_media_type, media_type
from serve.errors import MalformedBodyError
from serve.live import LiveModel
from serve.services import services_of


async def read_row(request: Request, live: LiveModel) -> dict[str, JsonValue]:
    """Return the one row of a body: a JSON object, or the bytes of the model's only column.

    Raises:
        MediaTypeError: if the body is declared as something this model does not take.
        MalformedBodyError: if it is not what it is declared to be.
    """
    taken = row_types(live.scorer.contract)
    kind = check_media_type(request, *taken)
    if kind == JSON:
        return await read_object(request)
    data = await read_bytes(request)
    (column,) = live.scorer.contract.names
    return {column: base64.b64encode(data).decode() if kind == PNG else _text(data)}


async def read_rows(request: Request, live: LiveModel) -> JsonValue:
    """Return what a body says are rows: JSON of any form, or the lines of a CSV.

    Raises:
        MediaTypeError: if the body is declared as something else.
        InvalidInputError: if the CSV has a wrong header or a torn line.
    """
    if media_type(request).kind == CSV:
        columns = await read_columns(request, live)
        return cast(JsonValue, await run_sync(columns.rows))
    check_media_type(request, JSON, CSV)
    return await read_json(request)


async def read_columns(request: Request, live: LiveModel) -> Columns:
    """Return the columns of a CSV body.

    Raises:
        InvalidInputError: if it has a wrong header, a torn line, or too many rows.
    """
    check_media_type(request, CSV)
    data = await read_bytes(request)
    most = services_of(request).settings.max_inline_rows
    return await run_sync(read_csv, data, live.scorer.contract, most)


def row_types(contract: Contract) -> tuple[str, ...]:
    """Return the media types in which one row of this contract can be sent."""
    match contract.columns:
        case (TextColumn(),):
            return (JSON, TEXT)
        case (ImageColumn(),):
            return (JSON, PNG)
        case _:
            return (JSON,)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeError as err:
        problem = FieldError("body", "is not UTF-8")
        raise MalformedBodyError("The body is not text in UTF-8. Send UTF-8.", [problem]) from err
