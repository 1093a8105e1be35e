"""The JSON objects of the Open Inference Protocol, version 2, as REST has them.

Keys nobody knows are refused; what stands under ``parameters`` is a server's own business, and
here only the binary extension's are read.
"""

from typing import Literal

from pydantic import Field, JsonValue

from headgate.documents.base import Frozen

Datatype = Literal[
    "BOOL",
    "UINT8",
    "UINT16",
    "UINT32",
    "UINT64",
    "INT8",
    "INT16",
    "INT32",
    "INT64",
    "FP16",
    "FP32",
    "FP64",
    "BYTES",
]
Parameters = dict[str, JsonValue]


class ServerMetadata(Frozen):
    """This server and what it can beyond the protocol."""

    name: str
    version: str
    extensions: list[str]


class TensorMetadata(Frozen):
    """One input or output; -1 is the number of rows."""

    name: str
    datatype: Datatype
    shape: list[int]


class ModelMetadata(Frozen):
    """A model: the versions that can be named, its columns as inputs, its answers as outputs."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class RequestInput(Frozen):
    """One tensor, as ``data`` or as the bytes its ``binary_data_size`` counts."""

    name: str = Field(min_length=1)
    shape: list[int] = Field(min_length=1)
    datatype: Datatype
    parameters: Parameters = {}
    data: list[JsonValue] | None = None


class RequestOutput(Frozen):
    """One output that is wanted."""

    name: str
    parameters: Parameters = {}


class InferenceRequest(Frozen):
    """A tensor per column, or one matrix of numbers; without ``outputs`` all are answered."""

    id: str | None = None
    parameters: Parameters = {}
    inputs: list[RequestInput] = Field(min_length=1)
    outputs: list[RequestOutput] | None = None


class ResponseOutput(Frozen):
    """One answered tensor; a binary one has its size under ``parameters`` in place of ``data``."""

    name: str
    shape: list[int]
    datatype: Datatype
    parameters: Parameters | None = None
    data: list[JsonValue] | None = None


class InferenceResponse(Frozen):
    """The answered tensors, in the order they were asked for."""

    model_name: str
    model_version: str
    id: str | None = None
    outputs: list[ResponseOutput]


class InferenceError(Frozen):
    """What every failed request of this protocol answers."""

    error: str
