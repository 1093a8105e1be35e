"""A tiny model and a Prefect in memory, for the tests of batch inference."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

import numpy as np
from pydantic import JsonValue
from sklearn.linear_model import LogisticRegression

from headgate.contract import Contract, NumberColumn
from headgate.documents.runs import (
    InferBody,
    InferenceResult,
    OutcomeKind,
    PartManifest,
    Plan,
    Request,
)
from headgate.errors import NotFoundError, UnreachableError
from headgate.inference.accepting import Accepted, Limits, accept
from headgate.inference.finishing import finish
from headgate.inference.planning import make_plan
from headgate.inference.plans import version_to_use
from headgate.inference.reading import RowReader
from headgate.inference.scoring_parts import score_part
from headgate.runs import records as runs
from headgate.scoring.scorer import Scorer
from headgate.store import Store
from headgate.versions import read_manifest
from tests.builders import NOON

ROWS: tuple[dict[str, JsonValue], ...] = tuple({"x": n / 4, "y": 10 - n / 4} for n in range(40))


@dataclass(frozen=True)
class FakeRun:
    id: str
    state_type: str | None = "SCHEDULED"
    state_name: str | None = "Scheduled"
    state_message: str | None = None


class FakePrefect:
    """Flow runs by key; ``trouble`` is raised by every call while it is set."""

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}
        self.runs: dict[str, FakeRun] = {}
        self.parameters: dict[str, dict[str, JsonValue]] = {}
        self.started: list[str] = []
        self.n_calls = 0
        self._one_at_a_time = Lock()
        self.trouble: Exception | None = None

    def start(
        self,
        deployment: str,
        parameters: Mapping[str, JsonValue],
        *,
        idempotency_key: str,
        tags: Iterable[str] = (),
        name: str | None = None,
    ) -> FakeRun:
        self._call()
        assert deployment == "batch-infer/default"
        assert name is not None
        assert tags
        with self._one_at_a_time:
            if idempotency_key not in self.keys:
                run = FakeRun(uuid4().hex)
                self.keys[idempotency_key] = run.id
                self.runs[run.id] = run
                self.parameters[idempotency_key] = dict(parameters)
                self.started.append(idempotency_key)
            return self.runs[self.keys[idempotency_key]]

    def find_run(self, flow: str, idempotency_key: str) -> FakeRun | None:
        self._call()
        assert flow == "batch-infer"
        flow_run_id = self.keys.get(idempotency_key)
        return None if flow_run_id is None else self.runs[flow_run_id]

    def read_run(self, flow_run_id: str) -> FakeRun:
        self._call()
        if flow_run_id not in self.runs:
            raise NotFoundError("no such run")
        return self.runs[flow_run_id]

    def cancel(self, flow_run_id: str) -> FakeRun:
        run = self.read_run(flow_run_id)
        if run.state_type in ("SCHEDULED", "RUNNING", "PENDING"):
            self.runs[flow_run_id] = replace(run, state_type="CANCELLED", state_name="Cancelled")
        return self.runs[flow_run_id]

    def become(self, key: str, state: str, message: str | None = None) -> None:
        flow_run_id = self.keys[key]
        self.runs[flow_run_id] = FakeRun(flow_run_id, state, state.title(), message)

    def state(self, key: str) -> str | None:
        return self.runs[self.keys[key]].state_type

    def delete(self, key: str) -> None:
        del self.runs[self.keys.pop(key)]

    def go_away(self) -> None:
        self.trouble = UnreachableError("Prefect does not answer. Start it: headgate up")

    def _call(self) -> None:
        self.n_calls += 1
        if self.trouble is not None:
            raise self.trouble


def ask(store: Store, key: str | None = None, minutes: float = 0, **body: object) -> Accepted:
    """Accept a request about the model ``iris``; by default some inline rows."""
    if not {"instances", "input_uri"} & body.keys():
        body["instances"] = ROWS
    return accept(
        store,
        InferBody.model_validate({"model": "iris", **body}),
        caller="alice",
        idempotency_key=key,
        now=NOON + timedelta(minutes=minutes),
        limits=Limits(),
    )


def plan_of(store: Store, request: Request) -> Plan:
    return make_plan(store, request, version_to_use(store, request), "00", NOON)


def a_plan(store: Store, **body: Any) -> Plan:
    return plan_of(store, ask(store, **body).request)


def end(store: Store, run_id: str, kind: OutcomeKind) -> None:
    """End the last attempt as its runner would."""
    runs.end_attempt(store, runs.read_attempts(store, run_id)[-1], kind, reason="by the test")


def a_scorer(store: Store, version: str = "v0001") -> Scorer:
    """Fit the tiny model: the class is ``b`` where x is large."""
    manifest = read_manifest(store, "iris", version)
    points = np.array([[row["x"], row["y"]] for row in ROWS], dtype=np.float64)
    estimator = LogisticRegression().fit(points, ["b" if x > 5 else "a" for x, _ in points])
    columns = (
        NumberColumn(name="x", minimum=0, maximum=10),
        NumberColumn(name="y", minimum=0, maximum=10, policy="reject"),
    )
    return Scorer(
        model="iris",
        version=version,
        contract=Contract(columns=columns),
        rules=manifest.rules,
        classes=("a", "b"),
        input_form="matrix",
        estimator=estimator,
    )


def write_csv(path: Path, rows: Iterable[object], header: str = "x,y") -> str:
    path.write_text("".join(f"{line}\n" for line in (header, *rows)))
    return str(path)


def pending_runs(store: Store) -> list[str]:
    return [info.key.rpartition("Z-")[2] for info in store.list("pending/")]


class Time:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds


def beat(store: Store, run_id: str, number: int) -> None:
    """Let the heart of an attempt beat once."""
    attempt = runs.open_attempt(store, run_id, "batch-infer", number=number)
    with runs.Heart(store, attempt):
        pass


def score_all(store: Store, plan: Plan, scorer: Scorer) -> list[PartManifest]:
    with RowReader() as reader:
        return [score_part(store, plan, part, scorer, reader=reader) for part in plan.parts]


def complete(store: Store, plan: Plan, scorer: Scorer) -> InferenceResult:
    """Do everything a runner does."""
    runs.open_attempt(store, plan.run_id, "batch-infer", number=1)
    score_all(store, plan, scorer)
    result = finish(store, plan)
    end(store, plan.run_id, "completed")
    return result
