"""The application: its endpoints, its lifetime, and which failure is which HTTP code."""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, closing

from anyio.to_thread import run_sync
from fastapi import FastAPI

from headgate.client import PrefectClient
from headgate.errors import (
    ConflictError,
    HeadgateError,
    InconclusiveError,
    IntegrityError,
    InvalidInputError,
    LostRaceError,
    NotFoundError,
    RefusedError,
    UnreachableError,
    UsageError,
)
from headgate.inference.results import ResultGoneError
from headgate.inference.submitter_thread import SubmitterThread
from headgate.inference.submitting import Submitter
from headgate.scoring.answers import ScoringError
from headgate.settings import Settings
from headgate.store import open_store
from headgate.store.port import StoreFailedError, StoreRefusedError
from headgate.versions import NoChampionError
from serve import docs, health, infer, predict, registry, results, runs, status
from serve.errors import (
    BodyTimeoutError,
    BodyTooLargeError,
    FlowUnknownError,
    ForbiddenError,
    HeaderTwiceError,
    MalformedBodyError,
    MediaTypeError,
    ModelChoiceError,
    ModelUnknownError,
    NoProbabilitiesError,
    NotServingError,
    UnauthenticatedError,
)
from serve.failures import install
from serve.follower import Follower
from serve.live import Live
from serve.loading import loader
from serve.services import PrefectWatch, Services
from serve.shedding import Shedding

FIRST_ROUND_SECONDS = 10.0
ROUTERS = (
    health.router,
    predict.router,
    registry.router,
    infer.router,
    status.router,
    results.router,
    runs.router,
    docs.router,
)

HTTP_CODES: dict[type[HeadgateError], int] = {
    HeadgateError: 500,
    HeaderTwiceError: 400,
    MalformedBodyError: 400,
    UnauthenticatedError: 401,
    ForbiddenError: 403,
    RefusedError: 403,
    FlowUnknownError: 404,
    ModelUnknownError: 404,
    NotFoundError: 404,
    BodyTimeoutError: 408,
    ConflictError: 409,
    InconclusiveError: 409,
    LostRaceError: 409,
    ModelChoiceError: 409,
    NoProbabilitiesError: 409,
    ResultGoneError: 410,
    BodyTooLargeError: 413,
    MediaTypeError: 415,
    InvalidInputError: 422,
    # A version that reproduced its golden rows fails because of the rows it was sent.
    ScoringError: 422,
    UsageError: 422,
    IntegrityError: 500,
    NotServingError: 503,
    NoChampionError: 503,
    StoreFailedError: 503,
    StoreRefusedError: 503,
    UnreachableError: 503,
}


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application; nothing is opened or read before its lifespan starts."""
    chosen = settings if settings is not None else Settings.load()
    app = FastAPI(
        title="Headgate",
        lifespan=lambda app: _lifespan(app, chosen),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.openapi = {}
    for router in ROUTERS:
        app.include_router(router)
    install(app, HTTP_CODES)
    app.add_middleware(Shedding)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI, settings: Settings) -> AsyncIterator[None]:
    store = open_store(settings.store_url)
    live = Live(settings.default_model)
    follower = Follower(store, live, settings.serve, loader(store, settings))
    with ExitStack() as opened:
        client = opened.enter_context(PrefectClient(settings.prefect_api_url))
        watch = opened.enter_context(closing(PrefectWatch(settings.prefect_api_url)))
        submitter = SubmitterThread(Submitter(store, client))
        app.state.services = Services(settings, store, live, client, watch, submitter)
        follower.start()
        submitter.start()
        try:
            # Whoever starts a server and asks at once gets an answer; a store that is away or a
            # model that loads for long only delays this, and /health says so.
            await run_sync(live.settled.wait, FIRST_ROUND_SECONDS)
            yield
        finally:
            await run_sync(follower.stop)
            await run_sync(submitter.stop)
