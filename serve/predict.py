"""Online predictions, of the default model and of a named one."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import JsonValue

from headgate.errors import FieldError, InvalidInputError
from headgate.scoring.answers import Answer, RowError
from serve.answers import (
    BatchAnswer,
    LabelProbability,
    PredictionAnswer,
    RankedAnswer,
    stopwatch,
    to_class_answer,
    to_prediction,
    to_refused,
)
from serve.body import JsonBody, ObjectBody
from serve.errors import NoProbabilitiesError, names_of, one_field, row_count, row_field
from serve.failures import ERRORS
from serve.flow_parameters import Model
from serve.live import LiveModel
from serve.security import requires
from serve.services import Services, ServicesDep

router = APIRouter(tags=["predict"], dependencies=[Depends(requires("predict"))], responses=ERRORS)

ROW = {"type": "object", "description": "The columns of the model's contract, flat."}
ROWS = {
    "type": "object",
    "required": ["instances"],
    "properties": {"instances": {"type": "array", "items": ROW}},
}
ONE = {"requestBody": {"required": True, "content": {"application/json": {"schema": ROW}}}}
MANY = {"requestBody": {"required": True, "content": {"application/json": {"schema": ROWS}}}}

TopK = Annotated[
    int | None, Query(ge=1, description="How many classes; 3, or all where there are fewer.")
]


async def _default_model(services: ServicesDep) -> LiveModel:
    return services.live.find(None)


async def _named_model(model: Model, services: ServicesDep) -> LiveModel:
    return services.live.find(model)


Default = Annotated[LiveModel, Depends(_default_model)]
Named = Annotated[LiveModel, Depends(_named_model)]


@router.post("/predict", openapi_extra=ONE)
def predict(live: Default, body: ObjectBody) -> PredictionAnswer:
    """Answer one row by the default model."""
    return _one(live, body)


@router.post("/models/{model}/predict", openapi_extra=ONE)
def predict_by_model(live: Named, body: ObjectBody) -> PredictionAnswer:
    """Answer one row."""
    return _one(live, body)


@router.post("/predict/batch", openapi_extra=MANY)
def predict_batch(live: Default, body: JsonBody, services: ServicesDep) -> BatchAnswer:
    """Answer rows by the default model; a wrong row gets its reasons in its place."""
    return _many(live, body, services)


@router.post("/models/{model}/predict/batch", openapi_extra=MANY)
def predict_batch_by_model(live: Named, body: JsonBody, services: ServicesDep) -> BatchAnswer:
    """Answer rows; a wrong row gets its reasons in its place."""
    return _many(live, body, services)


@router.post("/predict/top-k", openapi_extra=ONE)
def predict_top_k(live: Default, body: ObjectBody, k: TopK = None) -> RankedAnswer:
    """Answer one row by the default model, with its most probable classes."""
    return _ranked(live, body, k)


@router.post("/models/{model}/predict/top-k", openapi_extra=ONE)
def predict_top_k_by_model(live: Named, body: ObjectBody, k: TopK = None) -> RankedAnswer:
    """Answer one row, with its most probable classes."""
    return _ranked(live, body, k)


def _one(live: LiveModel, row: dict[str, JsonValue]) -> PredictionAnswer:
    elapsed = stopwatch()
    answer = _answer(live, row)
    return to_prediction(live, answer, elapsed())


def _answer(live: LiveModel, row: dict[str, JsonValue]) -> Answer:
    answer = live.scorer.score([row]).answers()[0]
    if isinstance(answer, Answer):
        return answer
    raise InvalidInputError(
        f"The row does not fit the contract of {live.model} {live.version}: "
        f"{names_of(answer.fields)}. "
        f"GET /models/{live.model} shows the contract.",
        answer.fields,
    )


def _many(live: LiveModel, body: JsonValue, services: Services) -> BatchAnswer:
    elapsed = stopwatch()
    rows = _rows(body, services.settings.max_inline_rows)
    answers = live.scorer.score(rows, isolate=True).answers()
    _refuse_if_none(live, answers)
    latency_ms = elapsed()
    predictions = tuple(
        to_refused(answer)
        if isinstance(answer, RowError)
        else to_prediction(live, answer, latency_ms)
        for answer in answers
    )
    return BatchAnswer(
        model=live.model, version=live.version, predictions=predictions, latency_ms=latency_ms
    )


def _rows(body: JsonValue, most: int) -> list[JsonValue]:
    rows = body
    if isinstance(body, dict):
        unknown = [FieldError(key[:80], "is not known here") for key in body if key != "instances"]
        missing = [] if "instances" in body else [FieldError("instances", "is missing")]
        if unknown or missing:
            raise InvalidInputError(
                'The body must be {"instances": [row, …]} or a list of rows.', [*missing, *unknown]
            )
        rows = body["instances"]
    if not isinstance(rows, list):
        raise one_field(
            'The body must be {"instances": [row, …]} or a list of rows.',
            "instances",
            "must be a list of rows",
        )
    if not 1 <= len(rows) <= most:
        raise row_count(len(rows), most)
    return rows


def _refuse_if_none(live: LiveModel, answers: list[Answer | RowError]) -> None:
    """Refuse a batch without one usable row as a whole, like a single wrong row."""
    errors = [answer for answer in answers if isinstance(answer, RowError)]
    if len(errors) < len(answers):
        return
    fields = [row_field(row, field) for row, error in enumerate(errors) for field in error.fields]
    raise InvalidInputError(
        f"None of the {len(errors)} rows fits the contract of {live.model} {live.version}. "
        f"GET /models/{live.model} shows the contract.",
        fields,
    )


def _ranked(live: LiveModel, row: dict[str, JsonValue], k: int | None) -> RankedAnswer:
    elapsed = stopwatch()
    n_classes = len(live.manifest.classes or ())
    if live.manifest.rules.task != "classification":
        raise NoProbabilitiesError(
            f"{live.model} {live.version} predicts a number, so it has no classes to rank. Use "
            f"/models/{live.model}/predict."
        )
    if k is not None and k > n_classes:
        raise one_field(
            f"{live.model} has {n_classes} classes, so k is 1 to {n_classes}.",
            "k",
            f"is {k}, not 1 to {n_classes}",
        )
    answer = _answer(live, row)
    if answer.probabilities is None:
        raise NoProbabilitiesError(
            f"{live.model} {live.version} gives no probabilities, so its classes have no order. "
            f"Use /models/{live.model}/predict."
        )
    ranked = sorted(answer.probabilities.items(), key=lambda item: -item[1])
    top = ranked[: k or min(3, n_classes)]
    sent = to_class_answer(live, answer, elapsed())
    top_k = tuple(LabelProbability(label=label, probability=p) for label, p in top)
    return RankedAnswer(**sent.model_dump(), top_k=top_k)
