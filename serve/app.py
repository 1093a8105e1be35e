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
from serve.access.security import Guard
from serve.cache import Cache
from serve.cors import add_cors
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
    OverloadedError,
    RateLimitedError,
    UnauthenticatedError,
)
from serve.failures import install
from serve.following.follower import Follower
from serve.following.loading import loader
from serve.front import Service
from serve.garbage import settled_garbage
from serve.headers import SecureHeaders
from serve.hot.path import HotPath
from serve.live import Live
from serve.load.draining import Draining
from serve.load.refusals import Refusals
from serve.load.shedding import Shedding
from serve.mounting import Mounted
from serve.openapi import page
from serve.protocols import mlflow, v2
from serve.routes import health, infer, predict, registry, results, runs, status
from serve.services import PrefectWatch, Services
from serve.telemetry import Telemetry
from serve.telemetry import endpoint as metrics
from serve.telemetry.middleware import TelemetryMiddleware

FIRST_ROUND_SECONDS = 10.0
ROUTERS = (
    health.router,
    predict.router,
    registry.router,
    infer.router,
    status.router,
    results.router,
    runs.router,
    metrics.router,
    v2.health,
    v2.router,
    mlflow.health,
    mlflow.default,
    mlflow.named,
    page.router,
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
    RateLimitedError: 429,
    IntegrityError: 500,
    NotServingError: 503,
    OverloadedError: 503,
    NoChampionError: 503,
    StoreFailedError: 503,
    StoreRefusedError: 503,
    UnreachableError: 503,
}


def create_app(settings: Settings | None = None, telemetry: Telemetry | None = None) -> FastAPI:
    """Return the application; nothing is opened or read before its lifespan starts."""
    chosen = settings if settings is not None else Settings.load()
    telemetry = telemetry or Telemetry.of(chosen)
    app = Service(
        title="Headgate",
        lifespan=lambda app: _lifespan(app, chosen, telemetry),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # Such a redirect would lead out of the path under which a proxy shows this service.
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.openapi = {}
    for router in ROUTERS:
        app.include_router(router)
    install(app, HTTP_CODES)
    app.add_middleware(SecureHeaders)
    app.add_middleware(TelemetryMiddleware, telemetry=telemetry)
    app.put_in_front(HotPath, state=app.state, codes=HTTP_CODES)
    draining = app.state.draining = Draining(chosen.drain_seconds)
    refusals = Refusals(telemetry, (route for router in ROUTERS for route in router.routes))
    app.put_in_front(Shedding, settings=chosen, draining=draining, refusals=refusals)
    add_cors(app, chosen.cors_origins)
    if chosen.root_path:
        app.put_in_front(Mounted, root_path=chosen.root_path)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI, settings: Settings, telemetry: Telemetry) -> AsyncIterator[None]:
    store = open_store(settings.store_url)
    live = Live(settings.default_model)
    cache = Cache(settings.store_cache, settings.cache_max_bytes)
    load = loader(store, cache, settings)
    follower = Follower(store, live, settings, load, cache, telemetry)
    with ExitStack() as opened:
        client = opened.enter_context(PrefectClient(settings.prefect_api_url))
        watch = opened.enter_context(closing(PrefectWatch(settings.prefect_api_url)))
        submitter = SubmitterThread(Submitter(store, client))
        app.state.services = Services(
            settings,
            store,
            live,
            client,
            watch,
            submitter,
            guard=Guard(settings),
            telemetry=telemetry,
            draining=app.state.draining,
        )
        opened.enter_context(app.state.draining.on_sigterm())
        telemetry.start(store, live)
        follower.start()
        submitter.start()
        try:
            # Whoever starts a server and asks at once gets an answer; a store that is away or a
            # model that loads for long only delays this, and /health says so.
            await run_sync(live.settled.wait, FIRST_ROUND_SECONDS)
            with settled_garbage():
                yield
        finally:
            await run_sync(follower.stop)
            await run_sync(submitter.stop)
            await run_sync(app.state.services.scoring.close)
            await run_sync(telemetry.stop)
