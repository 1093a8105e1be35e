"""Whether this server lives, and whether it can answer."""

from typing import Literal

from fastapi import APIRouter, Response

from headgate.documents.base import Frozen
from serve.failures import RETRY_AFTER
from serve.live import Live, Watched
from serve.services import ServicesDep

router = APIRouter(tags=["health"])


class Alive(Frozen):
    """The process answers."""

    status: Literal["alive"] = "alive"


class ModelHealth(Frozen):
    """One model: loaded, golden rows reproduced and warm when ``ready``."""

    model: str
    ready: bool
    version: str | None
    wanted: str | None
    seq: int | None
    engine: str | None
    problem: str | None


class Health(Frozen):
    """``ok``; ``degraded`` (answers, but something is wrong); ``unready`` (cannot answer)."""

    status: Literal["ok", "degraded", "unready"]
    ready: bool
    store_url: str
    store_problem: str | None
    models: tuple[ModelHealth, ...]


@router.get("/health/live")
def live() -> Alive:
    """Say that the process answers; it never asks anything else."""
    return Alive()


@router.get("/health/ready", name="ready", responses={503: {"model": Health}})
@router.get("/health", responses={503: {"model": Health}})
def health(services: ServicesDep, response: Response) -> Health:
    """Say whether every model of this server is loaded, proven on its golden rows and warm."""
    answer = _health(services.live, services.store.url)
    if not answer.ready:
        response.status_code = 503
        response.headers["Retry-After"] = RETRY_AFTER[503]
    return answer


def _health(live: Live, store_url: str) -> Health:
    models = tuple(_of(watched) for _, watched in sorted(live.watched.items()))
    wrong = live.store_problem is not None or any(m.problem for m in models)
    ready = live.ready
    return Health(
        status=("degraded" if wrong else "ok") if ready else "unready",
        ready=ready,
        store_url=store_url,
        store_problem=live.store_problem,
        models=models,
    )


def _of(watched: Watched) -> ModelHealth:
    live = watched.live
    waiting = watched.why_not() if watched.required else None
    return ModelHealth(
        model=watched.model,
        ready=live is not None,
        version=live.version if live else None,
        wanted=watched.wanted,
        seq=live.seq if live else None,
        engine=live.engine if live else None,
        problem=watched.failure if live else watched.failure or waiting,
    )
