"""Start a flow run under a run_id, and follow it to its end, by store and Prefect together."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from pydantic import JsonValue

from headgate.client import FlowRun, PrefectClient
from headgate.documents.base import canonical_json, sha256_of
from headgate.documents.runs import Request
from headgate.errors import ConflictError, NotFoundError, UnreachableError
from headgate.runs import records as runs
from headgate.runs.status import (
    DEAD_STATES,
    BeatWatch,
    PrefectView,
    RunFacts,
    RunStatus,
    Status,
    read_facts,
    run_status,
)
from headgate.store import Store

ENDED = frozenset[Status]({"completed", "failed", "cancelled"})
POLL_SECONDS = 0.5
NO_WORKER = (
    "no worker has polled the work pool 'headgate' for 40 s; start one: headgate worker (or all: "
    "headgate up)"
)


@dataclass(frozen=True, slots=True)
class Started:
    """A run under way: ``attached`` when it was before. One that is complete has no flow run."""

    run_id: str
    flow_run: FlowRun | None
    attached: bool = False


def start_run(
    store: Store,
    client: PrefectClient,
    flow: str,
    run_id: str,
    parameters: Mapping[str, JsonValue],
    caller: str,
    *,
    lost: bool = False,
) -> Started:
    """Start ``flow/default`` for a run_id, once per attempt.

    A run_id that completed is not started again, nor one whose last attempt is under way; one that
    failed, or whose process died, gets its next attempt. ``lost`` says that the caller watched
    the last attempt and knows it to be dead.

    Raises:
        ConflictError: if the run_id stands for something else.
        UnreachableError: if Prefect is away; nothing was started then.
    """
    body: dict[str, JsonValue] = {
        name: value for name, value in parameters.items() if value is not None
    }
    _remember(store, flow, run_id, body, caller)
    facts = read_facts(store, run_id)
    ended = {outcome.kind for outcome in facts.outcomes.values()}
    if "completed" in ended:
        return Started(run_id, None, attached=True)
    if "cancelled" in ended:
        raise ConflictError(f"Run {run_id!r} was cancelled. Use another run_id.")
    if not lost and (under_way := _under_way(client, facts)):
        return Started(run_id, under_way, attached=True)
    waiting, number = _newest(client, flow, run_id, len(facts.attempts) + 1)
    if waiting is not None and not waiting.ended:
        return Started(run_id, waiting, attached=True)
    flow_run = client.start(
        f"{flow}/default",
        {**body, "run_id": run_id},
        idempotency_key=f"{flow}/{run_id}/{number}",
        tags=(f"run_id:{run_id}",),
    )
    return Started(run_id, flow_run)


def _newest(
    client: PrefectClient, flow: str, run_id: str, number: int
) -> tuple[FlowRun | None, int]:
    """Return the newest flow run that has opened no attempt, and the number of the next one.

    One that died before it opened its attempt keeps its key, so the next one needs another.
    """
    newest: FlowRun | None = None
    while (found := client.find_run(flow, f"{flow}/{run_id}/{number}")) is not None:
        newest, number = found, number + 1
        if not found.ended:
            break
    return newest, number


def _under_way(client: PrefectClient, facts: RunFacts) -> FlowRun | None:
    """Return the flow run of an open attempt that is not known to be dead."""
    if not facts.attempts or facts.last_outcome is not None:
        return None
    flow_run = _flow_run(client, facts)
    return None if flow_run is None or flow_run.ended else flow_run


def prefect_view(client: PrefectClient, facts: RunFacts) -> PrefectView:
    """Return what Prefect says of the run's last attempt, or why that is not known."""
    try:
        flow_run = _flow_run(client, facts)
        if flow_run is None:
            return PrefectView()
        waiting = flow_run.state_type in ("SCHEDULED", "PENDING")
        trouble = NO_WORKER if waiting and not client.pool_has_worker() else ""
    except UnreachableError as err:
        return PrefectView(trouble=str(err))
    return PrefectView(
        flow_run.state_type, flow_run.state_name, flow_run.state_message or "", trouble
    )


def current_status(store: Store, client: PrefectClient, watch: BeatWatch, run_id: str) -> RunStatus:
    """Return the truth about a run at this moment."""
    facts = read_facts(store, run_id)
    # Before Prefect is asked: the time it takes is not the heart's.
    age = watch.age_seconds(facts)
    view = PrefectView() if facts.last_outcome else prefect_view(client, facts)
    if view.state_type in DEAD_STATES:
        # It may have written its outcome while Prefect was asked.
        facts = read_facts(store, run_id)
    return run_status(facts, age, view)


def follow(
    store: Store,
    client: PrefectClient,
    started: Started,
    on_change: Callable[[RunStatus], None],
    *,
    resubmit: Callable[[], object] | None = None,
) -> RunStatus:
    """Wait until a run has ended, telling every change of its status and progress.

    ``resubmit`` is called at every look and starts lost runs again; without it lost is the end.
    """
    ended = ENDED if resubmit is not None else ENDED | {"lost"}
    watch, told = BeatWatch(), ""
    while True:
        status = current_status(store, client, watch, started.run_id)
        if started.flow_run is not None and not started.attached:
            status = _of_new_attempt(store, client, started.flow_run, status)
        news = f"{status.status} {status.reason} {status.n_done}/{status.n_total}"
        if news != told:
            on_change(status)
            told = news
        if status.status in ended:
            return status
        if resubmit is not None:
            resubmit()
        time.sleep(POLL_SECONDS)


def _of_new_attempt(
    store: Store, client: PrefectClient, started: FlowRun, status: RunStatus
) -> RunStatus:
    """Until a new flow run has opened its attempt, what is stored is about the one before."""
    opened = any(a.flow_run_id == started.id for a in runs.read_attempts(store, status.run_id))
    if opened or status.status == "completed":
        return status
    try:
        flow_run = client.read_run(started.id)
    except (UnreachableError, NotFoundError):
        return status
    said = flow_run.state_message or flow_run.state_name or ""
    if flow_run.state_type in DEAD_STATES:
        return status.model_copy(update={"status": "lost", "reason": f"Prefect says: {said}"})
    waiting = "retrying" if status.attempt else "queued"
    return status.model_copy(update={"status": waiting, "reason": f"Prefect says: {said}"})


def _remember(
    store: Store, flow: str, run_id: str, body: dict[str, JsonValue], caller: str
) -> None:
    request = Request(
        run_id=run_id,
        flow=flow,
        body=body,
        body_sha256=sha256_of(canonical_json(body)),
        caller=caller,
        accepted_at=datetime.now(UTC),
        nonce=uuid4().hex,
    )
    stored = runs.record_request(store, request)
    if (stored.flow, stored.body_sha256) != (request.flow, request.body_sha256):
        raise ConflictError(
            f"run_id {run_id!r} stands for another request already: {stored.flow} of "
            f"{stored.accepted_at:%Y-%m-%d %H:%M:%S} UTC. Use another run_id."
        )


def _flow_run(client: PrefectClient, facts: RunFacts) -> FlowRun | None:
    if not facts.attempts:
        flow = facts.request.flow if facts.request else ""
        return _newest(client, flow, facts.run_id, 1)[0] if flow else None
    last = facts.attempts[-1]
    if last.flow_run_id is None:
        return client.find_run(last.flow, f"{last.flow}/{facts.run_id}/{last.number}")
    try:
        return client.read_run(last.flow_run_id)
    except NotFoundError:
        return None
