"""Whether this server lives, and whether it can answer."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Response

from headgate.documents.base import Frozen
from serve.failures import RETRY_AFTER
from serve.live import Live, Watched
from serve.services import Services, ServicesDep

router = APIRouter(tags=["health"])

Status = Literal["ok", "degraded", "unready", "draining"]


class Alive(Frozen):
    """The process answers."""

    status: Literal["alive"] = "alive"


class ModelHealth(Frozen):
    """One model: loaded, golden rows reproduced and warm when ``ready``.

    ``proven`` says that a compiled form answers, which was proven equal to scikit-learn, and
    ``engine_reason`` why none does. ``canary`` is the version that takes ``canary_share`` of the
    traffic as soon as it is loaded.
    """

    model: str
    ready: bool
    version: str | None
    wanted: str | None
    seq: int | None
    engine: str | None
    proven: bool
    engine_reason: str | None
    canary: str | None
    canary_share: float | None
    problem: str | None


class Health(Frozen):
    """``ok``; ``degraded`` (answers, but something is wrong); ``unready`` (cannot answer).

    ``draining`` answers still, and is about to end. While the store cannot be read,
    ``stale_since`` is when it last could.
    """

    status: Status
    ready: bool
    store_url: str
    store_problem: str | None
    stale_since: datetime | None
    keys_problem: str | None
    models: tuple[ModelHealth, ...]


@router.get("/health/live")
def live() -> Alive:
    """Say that the process answers; it never asks anything else."""
    return Alive()


@router.get("/health/ready", name="ready", responses={503: {"model": Health}})
@router.get("/health", responses={503: {"model": Health}})
def health(services: ServicesDep, response: Response) -> Health:
    """Say whether every model of this server is loaded, proven on its golden rows and warm."""
    answer = _health(services)
    if not answer.ready:
        response.status_code = 503
        response.headers["Retry-After"] = RETRY_AFTER[503]
    return answer


def _health(services: Services) -> Health:
    live, keys_problem = services.live, services.guard.problem
    models = tuple(_of(watched) for _, watched in sorted(live.watched.items()))
    wrong = live.store_problem or keys_problem or any(m.problem for m in models)
    status: Status = ("degraded" if wrong else "ok") if live.ready else "unready"
    if services.draining.started:
        status = "draining"
    return Health(
        status=status,
        ready=services.ready,
        store_url=services.store.url,
        store_problem=_store_problem(live),
        stale_since=live.stale_since,
        keys_problem=keys_problem,
        models=models,
    )


def _store_problem(live: Live) -> str | None:
    if live.stale_since is None or not live.models:
        return live.store_problem
    return f"stale since {live.stale_since:%Y-%m-%d %H:%M:%S} UTC: {live.store_problem}"


def _of(watched: Watched) -> ModelHealth:
    live, canary = watched.live, watched.canary
    waiting = watched.why_not() if watched.required else None
    return ModelHealth(
        model=watched.model,
        ready=live is not None,
        version=live.version if live else None,
        wanted=watched.wanted,
        seq=live.seq if live else None,
        engine=live.engine if live else None,
        proven=live is not None and live.proven,
        engine_reason=live.scorer.engine_reason if live else None,
        canary=canary.version if canary else None,
        canary_share=canary.share if canary else None,
        problem=watched.problem if live else watched.failure or waiting,
    )
