"""The parameters of the flows an operator may start, as the API takes them."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue, WithJsonSchema

from headgate.documents.base import Frozen
from headgate.errors import HeadgateError
from headgate.inference.uris import check_uri
from headgate.names import (
    MODEL,
    RUN_ID,
    VERSION,
    check_model_name,
    check_run_id,
    version_name,
    version_number,
)

FlowName = Literal["train", "evaluate-gate", "promote", "retrain"]


def _model(text: str) -> str:
    return _sound(lambda: check_model_name(text))


def _version(text: str) -> str:
    return _sound(lambda: version_name(version_number(text)))


def _run_id(text: str) -> str:
    return _sound(lambda: check_run_id(text))


def _data(text: str) -> str:
    # From a request never https://: the worker would fetch it from inside our network.
    return _sound(lambda: check_uri(text, "data"))


def _sound(check: Callable[[], str]) -> str:
    try:
        return check()
    except HeadgateError as err:
        raise ValueError(str(err)) from err


def _written(pattern: re.Pattern[str]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern.pattern}$"})


Model = Annotated[str, AfterValidator(_model), _written(MODEL)]
Version = Annotated[str, AfterValidator(_version), _written(VERSION)]
RunId = Annotated[str, AfterValidator(_run_id), _written(RUN_ID)]
Data = Annotated[str, AfterValidator(_data)]


class FlowParameters(Frozen):
    """What every flow takes; the same run_id is the same run."""

    model: Model = Field(examples=["iris"])
    run_id: RunId | None = None


class TrainParameters(FlowParameters):
    """Train one version; ``data`` is read in place of the spec's source."""

    data: Data | None = None
    params: dict[str, JsonValue] = {}


class RetrainParameters(TrainParameters):
    """Train, judge against the champion, and promote what passes."""


class GateParameters(FlowParameters):
    """Judge a version against the champion of that moment."""

    version: Version = Field(examples=["v0001"])


class PromoteParameters(FlowParameters):
    """Make a version champion by its PASS, or with ``canary`` give it that share of the traffic."""

    version: Version = Field(examples=["v0001"])
    gate_id: RunId | None = None
    reason: str = ""
    canary: float | None = Field(None, gt=0, lt=1)


PARAMETERS: Mapping[FlowName, type[FlowParameters]] = {
    "train": TrainParameters,
    "evaluate-gate": GateParameters,
    "promote": PromoteParameters,
    "retrain": RetrainParameters,
}
