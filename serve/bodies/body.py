"""Reads a request's JSON body: bounded, strict, and with a sentence for whatever is wrong."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, cast

from anyio.to_thread import run_sync
from fastapi import Depends, Request
from pydantic import JsonValue

from headgate.errors import FieldError, InvalidInputError
from serve.bodies.inflating import check_encoding, inflate
from serve.bodies.media_types import JSON, check_media_type
from serve.bodies.receiving import receive_body
from serve.errors import MalformedBodyError
from serve.services import services_of

MAX_DEPTH = 32
LARGE_BYTES = 64 * 1024
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


async def read_json(request: Request) -> JsonValue:
    """Return the decoded body. NaN and infinity pass: the contract names their field.

    Raises:
        MediaTypeError: if the body is not declared as plain application/json.
        BodyTooLargeError: if it is over the limit of the settings.
        BodyTimeoutError: if it does not arrive in time.
        MalformedBodyError: if it is empty or not JSON.
    """
    check_media_type(request, JSON)
    data = await read_bytes(request)
    # A large body is decoded in a thread: whoever asks for health must not wait for it.
    return await run_sync(decode, data) if len(data) > LARGE_BYTES else decode(data)


async def read_bytes(request: Request) -> bytes:
    """Return the body as it is, or opened where it is compressed.

    Raises:
        MediaTypeError: if it is compressed in a way that is not taken.
        BodyTooLargeError: if it is over the limit of the settings, as sent or opened.
        BodyTimeoutError: if it does not arrive in time.
        MalformedBodyError: if it is compressed and damaged.
    """
    encoding = check_encoding(request.headers.get("content-encoding", ""))
    limit = services_of(request).settings.max_body_bytes
    data = await receive_body(request.scope, request.receive, limit)
    return await run_sync(inflate, data, encoding, limit) if encoding else data


async def read_object(request: Request) -> dict[str, JsonValue]:
    """Return the decoded body, which must be a JSON object.

    Raises:
        InvalidInputError: if it is another kind of JSON.
    """
    return to_object(await read_json(request))


def to_object(value: JsonValue) -> dict[str, JsonValue]:
    """Return a decoded body, which must be a JSON object.

    Raises:
        InvalidInputError: if it is another kind of JSON.
    """
    if isinstance(value, dict):
        return value
    raise InvalidInputError(
        f"The body must be a JSON object such as {{...}}, but it is {_kind(value)}.",
        [FieldError("body", f"must be an object, is {_kind(value)}")],
    )


async def read_nothing(request: Request) -> None:
    """Take no body, or an empty object.

    Raises:
        InvalidInputError: naming every field that was sent.
    """
    if request.headers.get("content-length", "") in {"", "0"} and not _is_chunked(request):
        return
    body = await read_object(request)
    if body:
        raise InvalidInputError(
            "This call takes no body. Send none, or {}.",
            [FieldError(key[:80], "is not known") for key in body],
        )


JsonBody = Annotated[JsonValue, Depends(read_json)]
ObjectBody = Annotated[dict[str, JsonValue], Depends(read_object)]
NoBody = Annotated[None, Depends(read_nothing)]


def decode(data: bytes) -> JsonValue:
    """Return the value of UTF-8 JSON.

    Raises:
        MalformedBodyError: if it is empty, not UTF-8, not JSON, nested too deep, or says a key
            twice.
    """
    if not data.strip():
        raise _malformed("The body is empty. Send a JSON object.", "is empty")
    try:
        text = data.decode("utf-8-sig")
        value = cast(JsonValue, json.loads(text, object_pairs_hook=_object))
    except UnicodeError as err:
        sentence = "The body is not Unicode text in UTF-8. Send UTF-8."
        raise _malformed(sentence, "is not UTF-8") from err
    except json.JSONDecodeError as err:
        where = f"line {err.lineno}, column {err.colno}"
        sentence = f"The body is not JSON: {err.msg} at {where}."
        raise _malformed(sentence, f"is not JSON at {where}") from err
    except RecursionError as err:
        raise _too_deep() from err
    except ValueError as err:
        # Python refuses to read integers of thousands of digits.
        sentence = "The body holds an integer with too many digits. Send a number in range."
        raise _malformed(sentence, "holds an integer with too many digits") from err
    if _is_deep(value):
        raise _too_deep()
    if SURROGATE.search(text):
        _check_surrogates(value)
    return value


def check_finite(body: Mapping[str, JsonValue]) -> None:
    """Refuse NaN and infinity anywhere in a body that will be stored.

    Raises:
        InvalidInputError: naming the path of every one.
    """
    fields = [FieldError(path[:300], "is not a finite number") for path in _not_finite(body)]
    if fields:
        raise InvalidInputError(
            "The body holds NaN or infinity, which JSON has no number for. Send null for a "
            "missing value.",
            fields,
        )


def _is_chunked(request: Request) -> bool:
    return "transfer-encoding" in request.headers


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    keys = [key for key, _ in pairs]
    twice = sorted({key for key in keys if keys.count(key) > 1}) if len(keys) < 1000 else []
    names = ", ".join(repr(key[:80]) for key in twice[:10]) or "a key"
    raise MalformedBodyError(
        f"The body says {names} more than once in one object. Send each key once.",
        [FieldError(key[:80], "is there more than once") for key in twice[:10]],
    )


def _not_finite(value: object, path: str = "") -> Iterator[str]:
    if isinstance(value, float):
        if value - value != 0:
            yield path or "body"
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _not_finite(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _not_finite(item, f"{path}.{position}" if path else str(position))


def _check_surrogates(value: JsonValue) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as err:
        sentence = (
            "The body holds half a surrogate pair (\\ud800 to \\udfff), which stands for no "
            "character. Send both halves, or the character itself."
        )
        raise _malformed(sentence, "holds half a surrogate pair") from err


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for item in level for child in _children(item)]
        if not level:
            return False
    return True


def _children(value: object) -> list[object]:
    items = value.values() if isinstance(value, dict) else value
    if not isinstance(items, list | type({}.values())):
        return []
    return [item for item in items if isinstance(item, dict | list)]


def _too_deep() -> MalformedBodyError:
    sentence = f"The body is nested more than {MAX_DEPTH} deep. Rows are flat objects."
    return _malformed(sentence, "is nested too deep")


def _malformed(sentence: str, problem: str) -> MalformedBodyError:
    return MalformedBodyError(sentence, [FieldError("body", problem)])


def _kind(value: JsonValue) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}
    return "null" if value is None else names.get(type(value), "a number")
