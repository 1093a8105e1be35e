"""What is live and why: the models of this server and their ledgers."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import JsonValue

from headgate import versions
from headgate.documents.base import Frozen
from headgate.documents.ledger import Hold, LedgerEntry
from headgate.documents.rules import Rules
from headgate.documents.version import Provenance
from headgate.errors import NotFoundError
from headgate.ledger import entries as ledger
from serve.errors import ModelUnknownError
from serve.flow_parameters import Model
from serve.live import Live, LiveModel, Watched
from serve.security import requires
from serve.services import ServicesDep

router = APIRouter(tags=["models"], dependencies=[Depends(requires("predict"))])


class ModelSummary(Frozen):
    """One model here; ``version`` answers now, ``champion`` is what the ledger says should.

    ``entry`` is the newest ledger entry this server has seen, ``problem`` why the two differ.
    """

    model: str
    version: str | None
    champion: str | None
    pinned: bool
    engine: str | None
    loaded_at: datetime | None
    entry: LedgerEntry | None
    hold: Hold | None
    problem: str | None
    url: str


class ModelList(Frozen):
    """The models of this server."""

    default_model: str | None
    models: tuple[ModelSummary, ...]


class ModelDetail(ModelSummary):
    """One model with the contract, rules, metrics and origin of the version that answers."""

    contract: dict[str, JsonValue] | None
    example: dict[str, JsonValue] | None
    rules: Rules | None
    classes: tuple[str | bool | int | float, ...] | None
    metrics: dict[str, float] | None
    provenance: Provenance | None
    owner: str
    purpose: str
    tags: dict[str, str]


class LedgerAnswer(Frozen):
    """The newest entries of a ledger, in order; ``n_entries`` counts all of them."""

    model: str
    n_entries: int
    entries: tuple[LedgerEntry, ...]


@router.get("/models")
def list_models(services: ServicesDep) -> ModelList:
    """Say which models this server has, and which version of each answers."""
    watched = services.live.watched
    summaries = tuple(_summary(w) for _, w in sorted(watched.items()))
    return ModelList(default_model=services.live.default_name(), models=summaries)


@router.get("/model/info")
def show_default_model(services: ServicesDep) -> ModelDetail:
    """Show the model that answers /predict."""
    return _detail(services.live, services.live.find(None).model)


@router.get("/models/{model}")
def show_model(model: Model, services: ServicesDep) -> ModelDetail:
    """Show what of a model is live, why, and which columns it takes."""
    return _detail(services.live, model)


@router.get("/models/{model}/ledger")
def show_ledger(
    model: Model,
    services: ServicesDep,
    limit: Annotated[int, Query(ge=1, le=1000, description="Newest entries to show.")] = 100,
) -> LedgerAnswer:
    """Show what was live, when, why and by whom."""
    seqs = ledger.entry_seqs(services.store, model)
    if not seqs and not versions.version_numbers(services.store, model):
        raise ModelUnknownError(model, versions.list_models(services.store))
    entries = tuple(_entry(services, model, seq) for seq in seqs[-limit:])
    return LedgerAnswer(model=model, n_entries=len(seqs), entries=entries)


def _entry(services: ServicesDep, model: str, seq: int) -> LedgerEntry:
    entry = ledger.read_entry(services.store, model, seq)
    if entry is None:
        raise NotFoundError(f"Ledger entry {seq} of model {model!r} is gone. Ask again.")
    return entry


def _summary(watched: Watched) -> ModelSummary:
    live = watched.live
    state = watched.head.state if watched.head else None
    return ModelSummary(
        model=watched.model,
        version=live.version if live else None,
        champion=state.champion if state else None,
        pinned=watched.pinned,
        engine=live.engine if live else None,
        loaded_at=live.loaded_at if live else None,
        entry=watched.head,
        hold=state.hold if state else None,
        problem=watched.failure if live else watched.why_not(),
        url=f"/models/{watched.model}",
    )


def _detail(registry: Live, model: str) -> ModelDetail:
    watched = registry.watched.get(model)
    if watched is None:
        raise ModelUnknownError(model, sorted(registry.watched))
    live: LiveModel | None = watched.live
    manifest = live.manifest if live else None
    return ModelDetail(
        **_summary(watched).model_dump(),
        contract=live.scorer.contract.json_schema() if live else None,
        example=live.scorer.contract.example() if live else None,
        rules=manifest.rules if manifest else None,
        classes=manifest.classes if manifest else None,
        metrics=manifest.metrics if manifest else None,
        provenance=manifest.provenance if manifest else None,
        owner=manifest.owner if manifest else "",
        purpose=manifest.purpose if manifest else "",
        tags=manifest.tags if manifest else {},
    )
