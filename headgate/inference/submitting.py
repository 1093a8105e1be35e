"""Make sure that every accepted request has a flow run: a reconciliation anybody may repeat."""

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from headgate.documents.runs import Attempt, Request
from headgate.errors import HeadgateError, NotFoundError, UnreachableError
from headgate.inference.accepting import FLOW, infer_body
from headgate.inference.flow_runs import cancel_flow_run, flow_run_key
from headgate.inference.markers import Marker, pending, put_marker
from headgate.inference.ports import FlowRuns
from headgate.inference.resubmitting import Death, Vitals, next_attempt
from headgate.runs import records as runs
from headgate.runs.status import RunFacts, RunNotFoundError, read_facts
from headgate.store import Store

DEPLOYMENT = f"{FLOW}/default"
ABANDONED_AFTER = timedelta(hours=1)
WATCH_SECONDS = 5.0
WATCHED_PER_SECOND = 20
MAX_ATTEMPTS = 3

log = logging.getLogger(__name__)


@dataclass(slots=True)
class SubmitReport:
    """What one round found and did; ``trouble`` is why Prefect cannot be used, if it cannot."""

    n_pending: int = 0
    started: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    abandoned: list[str] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class _Submitted:
    attempt: int
    flow_run_id: str


class Submitter:
    """Starts what is pending, starts again what died, and clears away what has ended.

    Prefect away is no error: the requests wait, and `why_waiting` says for what.
    """

    def __init__(
        self,
        store: Store,
        client: FlowRuns,
        deployment: str = DEPLOYMENT,
        *,
        max_attempts: int = MAX_ATTEMPTS,
        watch_seconds: float = WATCH_SECONDS,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._client = client
        self._deployment = deployment
        self._max_attempts = max_attempts
        self._watch_seconds = watch_seconds
        self._clock = clock
        self._monotonic = monotonic
        self._vitals = Vitals(monotonic)
        self._submitted: dict[str, _Submitted] = {}
        self._looked_at: dict[str, float] = {}
        self._waiting: dict[str, str] = {}
        self._one_round = threading.Lock()

    def why_waiting(self, run_id: str) -> str | None:
        """Return why a run has no flow run yet, as far as the last round knows."""
        return self._waiting.get(run_id)

    def run_once(self) -> SubmitReport:
        """Go through everything that is pending; failures are in the report, none is raised."""
        with self._one_round:
            report = SubmitReport()
            try:
                found = list(pending(self._store))
            except HeadgateError as err:
                report.trouble = str(err)
                return report
            report.n_pending = len(found)
            pause = max(self._watch_seconds, len(found) / WATCHED_PER_SECOND)
            for marker in found:
                if self._monotonic() >= self._looked_at.get(marker.key, -math.inf) + pause:
                    self._safely(marker, report)
            self._waiting = report.waiting
            self._forget_all_but(found)
            return report

    def _forget_all_but(self, found: list[Marker]) -> None:
        keys, run_ids = {marker.key for marker in found}, {marker.run_id for marker in found}
        self._looked_at = {k: v for k, v in self._looked_at.items() if k in keys}
        self._submitted = {k: v for k, v in self._submitted.items() if k in run_ids}

    def _safely(self, marker: Marker, report: SubmitReport) -> None:
        try:
            self._reconcile(marker, report)
        except (UnreachableError, NotFoundError) as err:
            # Away, or without our deployment: the same for every request of this round.
            report.trouble = str(err)
            report.waiting[marker.run_id] = str(err)
        except HeadgateError as err:
            report.waiting[marker.run_id] = str(err)
        if marker.run_id in self._submitted and marker.run_id not in report.waiting:
            self._looked_at[marker.key] = self._monotonic()

    def _reconcile(self, marker: Marker, report: SubmitReport) -> None:
        try:
            facts = read_facts(self._store, marker.run_id)
        except RunNotFoundError:
            self._sweep(marker, report)
            return
        if facts.last_outcome is not None:
            self._clear(marker, facts)
            report.ended.append(marker.run_id)
        elif facts.request is None:
            self._sweep(marker, report)
        elif report.trouble is not None:
            # Asking again for every request would cost each its time-out.
            report.waiting[marker.run_id] = report.trouble
        else:
            self._submit(facts.request, facts, report)

    def _sweep(self, marker: Marker, report: SubmitReport) -> None:
        if self._clock() - marker.since <= ABANDONED_AFTER:
            return
        self._store.delete(marker.key)
        # Whoever accepts puts the request, then looks for the marker: one of us sees the other.
        if runs.read_request(self._store, marker.run_id) is None:
            report.abandoned.append(marker.run_id)
        else:
            put_marker(self._store, marker)

    def _clear(self, marker: Marker, facts: RunFacts) -> None:
        outcome = facts.last_outcome
        if outcome is not None and outcome.kind == "cancelled":
            # Prefect may have been away then, or the flow run started just afterwards.
            for attempt in facts.attempts[-1:]:
                cancel_flow_run(self._client, attempt)
        self._store.delete(marker.key)
        self._submitted.pop(facts.run_id, None)
        # A retry puts its marker, opens its attempt, then looks for the marker again.
        if outcome is not None and outcome.kind == "failed" and self._is_open(facts.run_id):
            put_marker(self._store, marker)

    def _is_open(self, run_id: str) -> bool:
        return read_facts(self._store, run_id).last_outcome is None

    def _submit(self, request: Request, facts: RunFacts, report: SubmitReport) -> None:
        if facts.attempts:
            attempt = facts.attempts[-1]
        else:
            attempt = runs.open_attempt(
                self._store, request.run_id, FLOW, by_submitter=True, number=1
            )
        known = self._submitted.get(request.run_id)
        if known is None or known.attempt != attempt.number:
            self._start(request, attempt, report)
        elif death := self._watch(known, facts):
            self._bury(request, attempt.number, death, report)

    def _start(self, request: Request, attempt: Attempt, report: SubmitReport) -> None:
        model = infer_body(request).model
        flow_run = self._client.start(
            self._deployment,
            {"model": model, "run_id": request.run_id, "attempt": attempt.number},
            idempotency_key=flow_run_key(attempt),
            tags=[f"run_id:{request.run_id}", f"model:{model}"],
            name=f"{request.run_id}-{attempt.number}",
        )
        self._submitted[request.run_id] = _Submitted(attempt.number, flow_run.id)
        report.started.append(request.run_id)
        log.info("run %s attempt %d is flow run %s", request.run_id, attempt.number, flow_run.id)

    def _watch(self, known: _Submitted, facts: RunFacts) -> Death | None:
        try:
            flow_run = self._client.read_run(known.flow_run_id)
        except NotFoundError:
            # Deleted in Prefect, for example with its deployment: the next round starts it anew.
            del self._submitted[facts.run_id]
            return None
        return self._vitals.death_of(facts, flow_run)

    def _bury(self, request: Request, number: int, death: Death, report: SubmitReport) -> None:
        # What was read before Prefect answered may be older than the outcome, or than the next
        # attempt, which another process may have opened.
        facts = read_facts(self._store, request.run_id)
        last = facts.attempts[-1]
        if facts.last_outcome is not None or last.number != number:
            return
        log.warning("run %s attempt %d %s: %s", last.run_id, last.number, death.kind, death.reason)
        if death.kind == "cancelled":
            runs.end_attempt(self._store, last, "cancelled", reason=death.reason)
            return
        attempt = next_attempt(self._store, facts, death.reason, self._max_attempts)
        if attempt is not None:
            self._start(request, attempt, report)
        # A process that only lost its store or its network ends now, and its slot is free.
        cancel_flow_run(self._client, last)
