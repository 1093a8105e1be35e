"""Deciding on retraining, and starting what follows from it."""

import os

from prefect.logging import get_run_logger
from pydantic import SecretStr

from headgate import versions
from headgate.client import PrefectClient
from headgate.documents.base import Frozen, sha256_of
from headgate.gate import reports as gates
from headgate.ledger import entries as ledger
from headgate.names import derive_run_id
from headgate.runs.following import start_run
from headgate.spec_loading import list_specs, load_spec
from headgate.store import Store
from headgate.training.refs import DataRef
from tasks import opening
from tasks.caching import always
from tasks.recording import current
from tasks.results import Decision, GateResult, ModelRetrained, Parameters, TrainResult

MAX_SUFFIX = 31
UNJUDGED = "the latest version was not judged against the present champion"
OUTCOMES: dict[str, Decision] = {
    "PASS": "promoting",
    "FAIL": "refused",
    "INCONCLUSIVE": "inconclusive",
}


class Change(Frozen):
    """Why to train again, beginning with what differs; nothing, and there is nothing to do."""

    latest: str | None
    differs: tuple[str, ...]

    @property
    def is_needed(self) -> bool:
        return bool(self.differs)


@always
def find_change(run_id: str, model: str, rows: DataRef, params: Parameters | None) -> Change:
    """Compare data, code, spec and parameters with those of the latest version.

    The version that this run itself has made, before it was interrupted, does not count. A latest
    version that the present champion was never compared with is no reason to do nothing.
    """
    made_by = derive_run_id(run_id, "train")
    store = opening.store()
    manifests = versions.list_manifests(store, model)
    before = [manifest for manifest in manifests if manifest.run_id != made_by]
    if len(before) < len(manifests):
        return Change(latest=manifests[-1].version, differs=("the version this run has made",))
    if not before:
        return Change(latest=None, differs=("no version yet",))
    loaded = load_spec(model, opening.settings().models_dirs)
    origin = before[-1].provenance
    now = {
        "data": (origin.data_sha256, rows.sha256),
        "code": (origin.code_sha256, loaded.code_sha256),
        "spec": (origin.spec_sha256, loaded.spec.sha256()),
        "parameters": (origin.parameters, params or {}),
    }
    latest = before[-1].version
    differs = tuple(name for name, (then, this) in now.items() if then != this)
    if not differs and not _is_judged(store, model, latest):
        differs = (UNJUDGED,)
    change = Change(latest=latest, differs=differs)
    get_run_logger().info(
        "%s against %s: %s", model, change.latest, ", ".join(change.differs) or "NO_ACTION"
    )
    return change


def _is_judged(store: Store, model: str, version: str) -> bool:
    """Say whether a version is the champion, or was judged since the champion became so."""
    head = ledger.read_head(store, model)
    if head is not None and head.state.champion == version:
        return True
    since = head.state.champion_seq if head else 0
    reports = gates.list_reports(store, model)
    return any(r.version == version and r.ledger_seq >= since for r in reports)


@always
def follow_verdict(run_id: str, trained: TrainResult, judged: GateResult) -> ModelRetrained:
    """Start the promotion of a challenger that passed, and say what became of it.

    The promotion is a run of its own: it may wait for a person, and a subflow cannot.
    """
    outcome = OUTCOMES[judged.verdict]
    promotion = derive_run_id(run_id, "promote") if outcome == "promoting" else None
    if promotion is not None:
        asked: Parameters = {
            "model": judged.model,
            "version": judged.version,
            "gate_id": judged.gate_id,
            "reason": f"retrained by run {run_id}: {judged.reason}"[:500],
        }
        _start("promote", promotion, asked)
    return ModelRetrained(
        model=trained.model,
        outcome=outcome,
        version=trained.version,
        gate_id=judged.gate_id,
        gate=judged,
        run_id=promotion,
        reason=judged.reason,
    )


@always
def start_unscheduled(run_id: str) -> tuple[ModelRetrained, ...]:
    """Start a retraining of every model whose spec has no schedule of its own.

    Each is a run of its own, so that one that fails or hangs leaves the others alone.
    """
    dirs = opening.settings().models_dirs
    models = [m for m in list_specs(dirs) if load_spec(m, dirs).spec.schedule is None]
    started = []
    for model in models:
        follower = derive_run_id(run_id, _suffix(model))
        _start("retrain", follower, {"model": model})
        started.append(ModelRetrained(model=model, outcome="started", run_id=follower))
    return tuple(started)


def _suffix(model: str) -> str:
    """Return what tells a model's run from the others', short enough for a run_id."""
    if len(model) <= MAX_SUFFIX:
        return model
    return f"{model[: MAX_SUFFIX - 9]}-{sha256_of(model.encode())[:8]}"


def _start(flow: str, run_id: str, parameters: Parameters) -> None:
    """Start a run; asked again after it was completed, nothing is started."""
    store = opening.store()
    auth = os.environ.get("PREFECT_API_AUTH_STRING")
    url = opening.settings().prefect_api_url
    with PrefectClient(url, auth=SecretStr(auth) if auth else None) as client:
        start_run(store, client, flow, run_id, parameters, str(current().by))
    get_run_logger().info("%s was started as run %s", flow, run_id)
