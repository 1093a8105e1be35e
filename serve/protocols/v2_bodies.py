"""The body of an inference request and of its response: JSON, with raw tensors behind it."""

import json
from dataclasses import dataclass

from fastapi import Request, Response
from pydantic import ValidationError

from headgate import __version__
from headgate.errors import InvalidInputError
from serve.bodies.body import decode
from serve.bodies.media_types import JSON, OCTETS
from serve.bodies.validation import problems
from serve.errors import MalformedBodyError, names_of, one_field
from serve.protocols.v2_inputs import Tensor, read_tensors
from serve.protocols.v2_shapes import InferenceRequest, InferenceResponse, ServerMetadata

HEADER_LENGTH = "Inference-Header-Content-Length"
SERVER = ServerMetadata(name="headgate", version=__version__, extensions=["binary_tensor_data"])


@dataclass(frozen=True, slots=True)
class Asked:
    """A request whose tensors are decoded."""

    request: InferenceRequest
    tensors: list[Tensor]


def read_request(request: Request, data: bytes) -> Asked:
    """Return the request in a body; raw tensors follow as many bytes of JSON as a header says.

    Raises:
        MalformedBodyError: if the JSON cannot be read, or the header is no length within the body.
        InvalidInputError: naming every wrong field or tensor.
    """
    length = _json_length(request.headers.get(HEADER_LENGTH), len(data))
    body = decode(data[:length])
    try:
        asked = InferenceRequest.model_validate(body, strict=True)
    except ValidationError as err:
        fields = problems(err)
        sentence = f"This is no inference request: {names_of(fields)}."
        raise InvalidInputError(sentence, fields) from err
    return Asked(asked, read_tensors(asked.inputs, data[length:]))


def write_response(answer: InferenceResponse, binary: bytes) -> Response:
    """Return the response; with raw tensors its header says where they begin."""
    document = answer.model_dump(mode="json", exclude_none=True)
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    if not binary:
        return Response(text, media_type=JSON)
    headers = {HEADER_LENGTH: str(len(text))}
    return Response(text + binary, media_type=OCTETS, headers=headers)


def _json_length(declared: str | None, size: int) -> int:
    if declared is None:
        return size
    if declared.isdecimal() and len(declared) < 20 and int(declared) <= size:
        return int(declared)
    wrong = one_field(
        f"The header {HEADER_LENGTH} must be the number of bytes of JSON that begin the body.",
        HEADER_LENGTH,
        "is no length within the body",
    )
    raise MalformedBodyError(str(wrong), wrong.fields)
