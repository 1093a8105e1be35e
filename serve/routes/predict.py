"""Online predictions, of the default model and of a named one.

A plain JSON request is answered before it comes here, by `serve.hot`, in the same way.
"""

from collections.abc import Sequence
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Query, Request, Response

from serve.access.security import requires_somewhere
from serve.answering.answers import (
    BatchAnswer,
    Json,
    PredictionAnswer,
    RankedAnswer,
    answer_json,
    batch_json,
    ranked_json,
    row_json,
    stopwatch,
)
from serve.answering.asking import DefaultModel, NamedModel
from serve.answering.batching import Share
from serve.answering.csv_answers import AS_CSV, csv_response, wants_csv
from serve.answering.explaining import explained
from serve.answering.predicting import check_rank, every_answer, most_probable, only_answer, rows_of
from serve.answering.scoring import MOST_TOGETHER
from serve.bodies.documented import MANY, ONE
from serve.bodies.media_types import JSON
from serve.bodies.rows import read_row, read_rows
from serve.failures import ERRORS
from serve.hot.encoding import encode
from serve.live import LiveModel
from serve.services import Services, ServicesDep
from serve.telemetry.noting import current_note

router = APIRouter(
    tags=["predict"], dependencies=[Depends(requires_somewhere("predict"))], responses=ERRORS
)

TopK = Annotated[
    int | None, Query(ge=1, description="How many classes; 3, or all where there are fewer.")
]
Explain = Annotated[
    bool, Query(description="Add what each column contributed; costs one call of 2,048 rows.")
]


@router.post("/predict", openapi_extra=ONE, response_model=PredictionAnswer, responses=AS_CSV)
async def predict(
    request: Request, live: DefaultModel, services: ServicesDep, explain: Explain = False
) -> Response:
    """Answer one row by the default model."""
    return await _one(request, live, services, explain=explain)


@router.post(
    "/models/{model}/predict",
    openapi_extra=ONE,
    response_model=PredictionAnswer,
    responses=AS_CSV,
)
async def predict_by_model(
    request: Request, live: NamedModel, services: ServicesDep, explain: Explain = False
) -> Response:
    """Answer one row."""
    return await _one(request, live, services, explain=explain)


@router.post("/predict/batch", openapi_extra=MANY, response_model=BatchAnswer, responses=AS_CSV)
async def predict_batch(request: Request, live: DefaultModel, services: ServicesDep) -> Response:
    """Answer rows by the default model; a wrong row gets its reasons in its place."""
    return await _many(request, live, services)


@router.post(
    "/models/{model}/predict/batch",
    openapi_extra=MANY,
    response_model=BatchAnswer,
    responses=AS_CSV,
)
async def predict_batch_by_model(
    request: Request, live: NamedModel, services: ServicesDep
) -> Response:
    """Answer rows; a wrong row gets its reasons in its place."""
    return await _many(request, live, services)


@router.post("/predict/top-k", openapi_extra=ONE, response_model=RankedAnswer)
async def predict_top_k(
    request: Request, live: DefaultModel, services: ServicesDep, k: TopK = None
) -> Response:
    """Answer one row by the default model, with its most probable classes."""
    return await _ranked(request, live, services, k)


@router.post("/models/{model}/predict/top-k", openapi_extra=ONE, response_model=RankedAnswer)
async def predict_top_k_by_model(
    request: Request, live: NamedModel, services: ServicesDep, k: TopK = None
) -> Response:
    """Answer one row, with its most probable classes."""
    return await _ranked(request, live, services, k)


async def _share(
    services: Services, live: LiveModel, rows: Sequence[object], *, isolate: bool = False
) -> Share:
    share = await services.scoring.share(live, rows, isolate=isolate)
    note = current_note()
    note.scored(share.scored, share.batch.predict_seconds)
    note.inputs = rows if services.telemetry.logs_inputs else None
    return share


async def _one(request: Request, live: LiveModel, services: Services, *, explain: bool) -> Response:
    elapsed = stopwatch()
    row = await read_row(request, live)
    share = await _share(services, live, [row])
    answer = only_answer(live, share)
    found = await explained(services, live, row, share.scored) if explain else None
    sent = answer_json(live, answer, elapsed())
    if found is not None:
        sent |= {"contributions": found.contributions, "baseline": found.baseline}
    return csv_response([_noted(sent)], live) if wants_csv(request) else _json(_noted(sent))


async def _many(request: Request, live: LiveModel, services: Services) -> Response:
    elapsed = stopwatch()
    body = await read_rows(request, live)
    rows = rows_of(body, services.settings.max_inline_rows)
    share = await _share(services, live, rows, isolate=True)

    def written() -> Response:
        answers = every_answer(live, share)
        if wants_csv(request):
            latency_ms = elapsed()
            return csv_response([row_json(live, answer, latency_ms) for answer in answers], live)
        return _json(batch_json(live, answers, elapsed()))

    # Thousands of answers are written in a thread: whoever asks for health must not wait for it.
    return written() if len(rows) <= MOST_TOGETHER else await run_sync(written)


async def _ranked(request: Request, live: LiveModel, services: Services, k: int | None) -> Response:
    elapsed = stopwatch()
    row = await read_row(request, live)
    check_rank(live, k)
    share = await _share(services, live, [row])
    answer = only_answer(live, share)
    return _json(_noted(ranked_json(live, answer, most_probable(live, answer, k), elapsed())))


def _noted(answer: Json) -> Json:
    prediction_id = answer.get("prediction_id")
    current_note().prediction_id = prediction_id if isinstance(prediction_id, str) else None
    return answer


def _json(answer: Json) -> Response:
    return Response(encode(answer), media_type=JSON)
