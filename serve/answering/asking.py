"""Which loaded version answers a request, and what it says about whole columns."""

from time import perf_counter
from typing import Annotated

from fastapi import Depends, Header

from headgate.errors import FieldError, InvalidInputError
from headgate.names import version_name
from headgate.scoring.answers import Scored
from serve.access.security import CallerDep
from serve.bodies.csv_rows import Columns
from serve.errors import VersionUnknownError, names_of
from serve.following.routing import STICKY_HEADER
from serve.live import LiveModel
from serve.routes.flow_parameters import Model
from serve.services import Services, ServicesDep
from serve.telemetry.noting import current_note, first_rows

RoutingKey = Annotated[
    str | None,
    Header(alias=STICKY_HEADER, description="Equal keys are answered by the same version."),
]


async def _default_model(
    caller: CallerDep, services: ServicesDep, routing_key: RoutingKey = None
) -> LiveModel:
    live = services.live.choose(None, routing_key)
    caller.must("predict", live.model)
    return _noted(live)


async def _named_model(
    model: Model, caller: CallerDep, services: ServicesDep, routing_key: RoutingKey = None
) -> LiveModel:
    caller.must("predict", model)
    return _noted(services.live.choose(model, routing_key))


async def _named_version(
    model: Model, version: str, caller: CallerDep, services: ServicesDep
) -> LiveModel:
    caller.must("predict", model)
    loaded = loaded_versions(services, model)
    wanted = version_name(int(version)) if version.isdecimal() and len(version) < 9 else version
    for live in loaded:
        if live.version == wanted:
            return _noted(live)
    raise VersionUnknownError(model, version, [live.version for live in loaded])


def _noted(live: LiveModel) -> LiveModel:
    current_note().asked(live)
    return live


# These refuse a caller that may not ask that model.
DefaultModel = Annotated[LiveModel, Depends(_default_model)]
NamedModel = Annotated[LiveModel, Depends(_named_model)]
NamedVersion = Annotated[LiveModel, Depends(_named_version)]


def loaded_versions(services: Services, model: str) -> list[LiveModel]:
    """Return the versions of a model that can be asked by name: the champion, then the canary.

    Raises:
        ModelUnknownError: if there is no such model here.
        NotServingError: if nothing of it is loaded.
    """
    champion = services.live.find(model)
    canary = services.live.watched[model].canary
    beside = [canary.live] if canary is not None and canary.live is not None else []
    return [champion, *beside]


async def all_answered(services: Services, live: LiveModel, columns: Columns) -> Scored:
    """Score columns of which every row must be answered.

    Raises:
        InvalidInputError: if the contract refuses a row, naming its place and every wrong field.
    """
    started = perf_counter()
    scored = await services.scoring.columns(live, columns.values, columns.n_rows, isolate=True)
    note = current_note()
    note.scored(scored, perf_counter() - started)
    note.inputs = first_rows(columns.values) if services.telemetry.logs_inputs else None
    if not scored.errors:
        return scored
    fields = [
        FieldError(f"rows.{row}" + (f".{field.field}" if field.field else ""), field.problem)
        for row, wrong in scored.errors.items()
        for field in wrong
    ]
    names = names_of(f for wrong in scored.errors.values() for f in wrong if f.field)
    raise InvalidInputError(
        f"{len(scored.errors)} of the {scored.n_rows} rows do not fit the contract of "
        f"{live.model} {live.version}: {names}.",
        fields,
    )
