"""What is live and why: the models of this server and their ledgers."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import JsonValue

from headgate import versions
from headgate.documents.base import Frozen
from headgate.documents.ledger import Hold, LedgerEntry
from headgate.documents.proof import Proof
from headgate.documents.rules import Rules
from headgate.documents.version import Provenance
from headgate.errors import NotFoundError
from headgate.ledger import entries as ledger
from serve.access.security import requires
from serve.errors import ModelUnknownError
from serve.failures import ERRORS
from serve.following.shadow import Tally
from serve.live import Beside, LiveModel, Watched
from serve.routes.flow_parameters import Model
from serve.services import ServicesDep

router = APIRouter(tags=["models"], dependencies=[Depends(requires("predict"))], responses=ERRORS)


class CanaryShown(Frozen):
    """The version that takes a share of the traffic, as soon as it is ``loaded``."""

    version: str
    share: float | None
    loaded: bool
    engine: str | None


class ShadowShown(Frozen):
    """The version that is tried on live rows unseen, and what this process counted of it.

    ``n_agreed`` of ``n_scored`` rows got the prediction of the version ``against`` which it is
    compared; ``mean_abs_difference`` is of numbers. Rows that came faster than its time budget
    allows are ``n_dropped``.
    """

    version: str
    loaded: bool
    against: str | None
    n_scored: int
    n_agreed: int
    n_refused: int
    n_failed: int
    n_dropped: int
    mean_abs_difference: float | None


class ModelSummary(Frozen):
    """One model here; ``version`` answers now, ``champion`` is what the ledger says should.

    ``entry`` is the newest ledger entry this server has seen, ``problem`` why the two differ.
    ``proven`` says that a compiled form answers, which was proven equal to scikit-learn, and
    ``engine_reason`` why none does.
    """

    model: str
    version: str | None
    champion: str | None
    pinned: bool
    engine: str | None
    proven: bool
    engine_reason: str | None
    loaded_at: datetime | None
    entry: LedgerEntry | None
    hold: Hold | None
    canary: CanaryShown | None
    shadow: ShadowShown | None
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
    proof: Proof | None
    provenance: Provenance | None
    owner: str
    purpose: str
    tags: dict[str, str]


class EntryNote(Frozen):
    """What this server does otherwise than an entry says, and why."""

    seq: int
    note: str


class LedgerAnswer(Frozen):
    """The newest entries of a ledger, in order; ``n_entries`` counts all of them.

    ``notes`` tell where this server answers by other versions than the newest entry says.
    """

    model: str
    n_entries: int
    entries: tuple[LedgerEntry, ...]
    notes: tuple[EntryNote, ...]


@router.get("/models")
def list_models(services: ServicesDep) -> ModelList:
    """Say which models this server has, and which version of each answers."""
    watched = services.live.watched
    summaries = tuple(_summary(w, services) for _, w in sorted(watched.items()))
    return ModelList(default_model=services.live.default_name(), models=summaries)


@router.get("/model/info")
def show_default_model(services: ServicesDep) -> ModelDetail:
    """Show the model that answers /predict."""
    return _detail(services, services.live.find(None).model)


@router.get("/models/{model}")
def show_model(model: Model, services: ServicesDep) -> ModelDetail:
    """Show what of a model is live, why, and which columns it takes."""
    return _detail(services, model)


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
    notes = _notes(services.live.watched.get(model), seqs[-1] if seqs else 0)
    return LedgerAnswer(model=model, n_entries=len(seqs), entries=entries, notes=notes)


def _entry(services: ServicesDep, model: str, seq: int) -> LedgerEntry:
    entry = ledger.read_entry(services.store, model, seq)
    if entry is None:
        raise NotFoundError(f"Ledger entry {seq} of model {model!r} is gone. Ask again.")
    return entry


def _notes(watched: Watched | None, newest: int) -> tuple[EntryNote, ...]:
    if watched is None or watched.pinned or watched.head is None:
        return ()
    seq, serving = watched.head.seq, watched.live.version if watched.live else "nothing"
    if seq < newest and watched.failure is None:
        return (EntryNote(seq=newest, note=f"not followed yet: entry {seq} is served here"),)
    if watched.problem is None:
        return ()
    return (EntryNote(seq=seq, note=f"served here instead: {serving}. {watched.problem}"),)


def _canary(beside: Beside | None) -> CanaryShown | None:
    if beside is None:
        return None
    engine = beside.live.engine if beside.live else None
    loaded = beside.live is not None
    return CanaryShown(version=beside.version, share=beside.share, loaded=loaded, engine=engine)


def _shadow(watched: Watched) -> ShadowShown | None:
    beside, running = watched.shadow, watched.live.shadow if watched.live else None
    if beside is None:
        return None
    tally = running.tally if running is not None else Tally()
    is_number = watched.live is not None and watched.live.manifest.rules.task == "regression"
    mean = tally.abs_difference / tally.n_scored if is_number and tally.n_scored else None
    return ShadowShown(
        version=beside.version,
        loaded=beside.live is not None,
        against=running.against if running is not None else None,
        n_scored=tally.n_scored,
        n_agreed=tally.n_agreed,
        n_refused=tally.n_refused,
        n_failed=tally.n_failed,
        n_dropped=tally.n_dropped,
        mean_abs_difference=mean,
    )


def _summary(watched: Watched, services: ServicesDep) -> ModelSummary:
    live = watched.live
    state = watched.head.state if watched.head else None
    return ModelSummary(
        model=watched.model,
        version=live.version if live else None,
        champion=state.champion if state else None,
        pinned=watched.pinned,
        engine=live.engine if live else None,
        proven=live is not None and live.proven,
        engine_reason=live.scorer.engine_reason if live else None,
        loaded_at=live.loaded_at if live else None,
        entry=watched.head,
        hold=state.hold if state else None,
        canary=_canary(watched.canary),
        shadow=_shadow(watched),
        problem=watched.problem if live else watched.why_not(),
        url=services.link(f"/models/{watched.model}"),
    )


def _detail(services: ServicesDep, model: str) -> ModelDetail:
    everything = services.live.watched
    watched = everything.get(model)
    if watched is None:
        raise ModelUnknownError(model, sorted(everything))
    live: LiveModel | None = watched.live
    manifest = live.manifest if live else None
    return ModelDetail(
        **_summary(watched, services).model_dump(),
        contract=live.scorer.contract.json_schema() if live else None,
        example=live.scorer.contract.example() if live else None,
        rules=manifest.rules if manifest else None,
        classes=manifest.classes if manifest else None,
        metrics=manifest.metrics if manifest else None,
        proof=manifest.proof if manifest else None,
        provenance=manifest.provenance if manifest else None,
        owner=manifest.owner if manifest else "",
        purpose=manifest.purpose if manifest else "",
        tags=manifest.tags if manifest else {},
    )
