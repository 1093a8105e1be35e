"""One plain prediction: who asks, which version answers, what it answers."""

from collections.abc import Callable
from time import perf_counter

from starlette.types import Receive, Scope

from headgate.scoring.answers import Answer
from serve.answering.answers import Json, answer_json, batch_json, ranked_json
from serve.answering.batching import Share
from serve.answering.predicting import check_rank, every_answer, most_probable, only_answer
from serve.bodies.receiving import receive_body
from serve.hot.asking import read
from serve.hot.matching import Asked, Kind
from serve.live import LiveModel
from serve.services import Services
from serve.telemetry import Served


async def answer(
    asked: Asked, services: Services, scope: Scope, receive: Receive, served: Served
) -> Json:
    """Return the answer, and note in ``served`` what is known of it as it becomes known.

    Raises:
        HeadgateError: if the request is refused, of the class that says why.
        ClientDisconnect: if the caller hangs up before its body is there.
    """
    started = perf_counter()
    call = asked.call
    live = _chosen(asked, services, scope, served)
    settings = services.settings
    body = await receive_body(scope, receive, settings.max_body_bytes)
    question = read(call.kind, live, body, settings.max_inline_rows)
    if services.telemetry.logs_inputs:
        served.inputs = question.inputs(live.names)
    if call.kind == "top-k":
        check_rank(live, asked.k)
    share = await question.ask(services.scoring, live, isolate=call.kind == "batch")
    latency_ms = round((perf_counter() - started) * 1000, 3)
    served.n_rows, served.predict_seconds = share.n_rows, share.batch.predict_seconds
    return WRITERS[call.kind](live, share, asked, latency_ms, served)


def _chosen(asked: Asked, services: Services, scope: Scope, served: Served) -> LiveModel:
    """Return the version that answers, if the caller may ask it."""
    caller = services.guard.meet(scope)
    served.caller = caller.name
    caller.must_somewhere("predict")
    if asked.call.model is not None:
        caller.must("predict", asked.call.model)
    live = services.live.choose(asked.call.model, asked.routing_key)
    caller.must("predict", live.model)
    served.model, served.version = live.model, live.version
    return live


def _one(live: LiveModel, share: Share, _: Asked, latency_ms: float, served: Served) -> Json:
    answer = only_answer(live, share)
    served.label = _label(live, answer)
    return _noted(served, answer_json(live, answer, latency_ms))


def _ranked(live: LiveModel, share: Share, asked: Asked, latency_ms: float, served: Served) -> Json:
    answer = only_answer(live, share)
    top = most_probable(live, answer, asked.k)
    served.label = _label(live, answer)
    return _noted(served, ranked_json(live, answer, top, latency_ms))


def _many(live: LiveModel, share: Share, _: Asked, latency_ms: float, served: Served) -> Json:
    answers = every_answer(live, share)
    given = [_label(live, answer) for answer in answers if isinstance(answer, Answer)]
    served.labels = [label for label in given if label is not None]
    return batch_json(live, answers, latency_ms)


def _label(live: LiveModel, answer: Answer) -> str | None:
    """Return what the answer is counted under: nothing where it was withheld."""
    return answer.label if live.classifies else ""


def _noted(served: Served, sent: Json) -> Json:
    served.prediction_id = str(sent["prediction_id"])
    return sent


Writer = Callable[[LiveModel, Share, Asked, float, Served], Json]
WRITERS: dict[Kind, Writer] = {"one": _one, "batch": _many, "top-k": _ranked}
