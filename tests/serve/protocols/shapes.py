"""The protocol's own objects, written from its text: what a strict client may rely on."""

import json
from typing import Annotated, Any

import httpx
from pydantic import BaseModel, ConfigDict, Field, StrictStr, model_validator

Side = Annotated[int, Field(strict=True)]


class Said(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ServerSaid(Said):
    name: StrictStr
    version: StrictStr
    extensions: list[StrictStr]


class TensorSaid(Said):
    name: StrictStr
    datatype: StrictStr
    shape: list[Annotated[Side, Field(ge=-1)]]


class ModelSaid(Said):
    name: StrictStr
    platform: StrictStr
    versions: list[StrictStr]
    inputs: list[TensorSaid]
    outputs: list[TensorSaid]


class OutputSaid(Said):
    name: StrictStr
    shape: list[Annotated[Side, Field(ge=0)]]
    datatype: StrictStr
    data: list[str | bool | int | float]

    @model_validator(mode="after")
    def _fills_its_shape(self) -> "OutputSaid":
        n_elements = 1
        for side in self.shape:
            n_elements *= side
        assert len(self.data) == n_elements
        return self


class InferenceSaid(Said):
    model_name: StrictStr
    model_version: StrictStr
    id: StrictStr | None = None
    outputs: list[OutputSaid]

    def data(self, name: str) -> list[Any]:
        return next(list(o.data) for o in self.outputs if o.name == name)


class ErrorSaid(Said):
    error: StrictStr


def infer(client: httpx.Client, body: object, model: str = "flower") -> httpx.Response:
    """Send a request as JSON; NaN goes out as JSON has no number for it."""
    content = json.dumps(body)
    headers = {"Content-Type": "application/json"}
    return client.post(f"/v2/models/{model}/infer", content=content, headers=headers)


def answered(reply: httpx.Response) -> InferenceSaid:
    assert reply.status_code == 200, reply.text
    return InferenceSaid.model_validate_json(reply.content)


def error_of(reply: httpx.Response, code: int = 400) -> str:
    assert reply.status_code == code, reply.text
    assert len(reply.content) < 3000
    return ErrorSaid.model_validate_json(reply.content).error
