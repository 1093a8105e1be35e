"""Prefect's REST API, as far as Headgate needs it; imports no Prefect."""

import threading
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote
from uuid import UUID

import httpx
from pydantic import (
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SecretStr,
    TypeAdapter,
    ValidationError,
)

from headgate.errors import ConflictError, NotFoundError, UnreachableError
from headgate.prefect_http import PrefectHttp

ENDED = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})
PAGE = 200
MAX_TASK_RUNS = 10_000

T = TypeVar("T")


class _Read(BaseModel):
    """A part of an answer of Prefect; what we do not read is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True)


class FlowRun(_Read):
    """A flow run as Prefect knows it; decide on ``state_type``, show ``state_name``."""

    id: str
    name: str
    state_type: str | None = None
    state_name: str | None = None
    state_message: str | None = Field(default=None, validation_alias=AliasPath("state", "message"))
    parameters: dict[str, JsonValue] = {}
    created: datetime | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    idempotency_key: str | None = None
    tags: tuple[str, ...] = ()
    deployment_id: str | None = None

    @property
    def ended(self) -> bool:
        return self.state_type in ENDED


class TaskRun(_Read):
    """A task run's name and state."""

    name: str
    state_type: str | None = None
    state_name: str | None = None


class _Deployment(_Read):
    id: str


class _Worker(_Read):
    last_heartbeat_time: datetime | None = None


_FLOW_RUN = TypeAdapter(FlowRun)
_FLOW_RUNS = TypeAdapter(list[FlowRun])
_TASK_RUNS = TypeAdapter(list[TaskRun])
_WORKERS = TypeAdapter(list[_Worker])
_DEPLOYMENT = TypeAdapter(_Deployment)


class PrefectClient:
    """Start, find, watch and cancel flow runs; safe to share between threads.

    A server that is away or hangs costs a call at most ``timeout_seconds`` and one second; a busy
    one (503) is asked again for ``patience_seconds``. Flow runs are created one at a time, because
    Prefect on SQLite refuses most of several. Every method may raise `UnreachableError`.
    """

    def __init__(
        self,
        api_url: str,
        *,
        auth: SecretStr | None = None,
        timeout_seconds: float = 4,
        patience_seconds: float = 15,
    ) -> None:
        self._http = PrefectHttp(
            api_url, auth=auth, timeout_seconds=timeout_seconds, patience_seconds=patience_seconds
        )
        self.api_url = self._http.api_url
        self._creating = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def healthy(self) -> bool:
        """Say whether the API answers and is well; never raises."""
        try:
            return bool(self._http.send("GET", "/health").json() is True)
        except (UnreachableError, ValueError):
            return False

    def start(
        self,
        deployment: str,
        parameters: Mapping[str, JsonValue],
        *,
        idempotency_key: str,
        tags: Iterable[str] = (),
        name: str | None = None,
    ) -> FlowRun:
        """Create a flow run of the deployment ``flow/name``, or return the one with that key.

        Keys are unique per flow. The first call's parameters hold, also after the run has ended.

        Raises:
            NotFoundError: if there is no such deployment.
            UsageError: if Prefect does not accept the parameters.
        """
        body: dict[str, JsonValue] = {
            "parameters": dict(parameters),
            "idempotency_key": idempotency_key,
            "tags": list(tags),
        }
        if name is not None:
            body["name"] = name
        flow, _, short = deployment.partition("/")
        try:
            found = self._get(
                _DEPLOYMENT, f"/deployments/name/{quote(flow, '')}/{quote(short, '')}"
            )
            path = f"/deployments/{found.id}/create_flow_run"
            return self._post(_FLOW_RUN, path, body, one_at_a_time=self._creating)
        except NotFoundError as err:
            raise NotFoundError(
                f"Prefect at {self.api_url} has no deployment {deployment!r}. "
                "Make the deployments: headgate deploy"
            ) from err

    def find_run(self, flow: str, idempotency_key: str) -> FlowRun | None:
        """Return the flow's run with that key, whichever deployment it was made from."""
        query: JsonValue = {
            "flow_runs": {"idempotency_key": {"any_": [idempotency_key]}},
            "flows": {"name": {"any_": [flow]}},
            "limit": 1,
        }
        found = self._post(_FLOW_RUNS, "/flow_runs/filter", query)
        return found[0] if found else None

    def flow_runs(self, tags: Iterable[str], *, limit: int = PAGE) -> list[FlowRun]:
        """Return the latest flow runs that carry all the tags, the newest first."""
        query: JsonValue = {
            "flow_runs": {"tags": {"all_": list(tags)}},
            "sort": "EXPECTED_START_TIME_DESC",
            "limit": min(limit, PAGE),
        }
        return self._post(_FLOW_RUNS, "/flow_runs/filter", query)

    def read_run(self, flow_run_id: str) -> FlowRun:
        """Return a flow run.

        Raises:
            NotFoundError: if Prefect has no such run.
        """
        try:
            return self._get(_FLOW_RUN, f"/flow_runs/{UUID(flow_run_id)}")
        except (ValueError, NotFoundError) as err:
            raise NotFoundError(
                f"Prefect at {self.api_url} has no flow run {flow_run_id[:80]!r}. "
                "It was deleted there, or belongs to another server; check PREFECT_API_URL."
            ) from err

    def cancel(self, flow_run_id: str) -> FlowRun:
        """Cancel a flow run: at once while it waits, through ``Cancelling`` while it runs.

        A run that has ended is returned as it is.

        Raises:
            NotFoundError: if Prefect has no such run.
            ConflictError: if Prefect left the run in another state.
        """
        before = self.read_run(flow_run_id)
        if before.ended:
            return before
        state: JsonValue = {"state": {"type": "CANCELLING", "name": "Cancelling"}}
        self._http.ask("POST", f"/flow_runs/{before.id}/set_state", state)
        # Prefect "rejects" Cancelling for a scheduled run and cancels it: the state is the truth.
        after = self.read_run(flow_run_id)
        if after.ended or after.state_type == "CANCELLING":
            return after
        raise ConflictError(
            f"Flow run {flow_run_id} could not be cancelled: it is {after.state_name}. "
            "Ask again in a moment."
        )

    def task_runs(self, flow_run_id: str) -> list[TaskRun]:
        """Return the tasks of a flow run and their states, in the order of their start."""
        found: list[TaskRun] = []
        for offset in range(0, MAX_TASK_RUNS, PAGE):
            query: JsonValue = {
                "flow_runs": {"id": {"any_": [flow_run_id]}},
                "sort": "EXPECTED_START_TIME_ASC",
                "limit": PAGE,
                "offset": offset,
            }
            page = self._post(_TASK_RUNS, "/task_runs/filter", query)
            found += page
            if len(page) < PAGE:
                break
        return found

    def pool_has_worker(self, pool: str = "headgate", since_seconds: float = 40) -> bool:
        """Say whether a worker of the pool reported within the last ``since_seconds``."""
        try:
            answer = self._http.ask("POST", f"/work_pools/{quote(pool, '')}/workers/filter", {})
        except NotFoundError:
            return False
        since = _server_time(answer) - timedelta(seconds=since_seconds)
        workers = self._parsed(_WORKERS, answer)
        return any(w.last_heartbeat_time and w.last_heartbeat_time >= since for w in workers)

    def _get(self, kind: TypeAdapter[T], path: str) -> T:
        return self._parsed(kind, self._http.ask("GET", path))

    def _post(
        self,
        kind: TypeAdapter[T],
        path: str,
        body: JsonValue,
        *,
        one_at_a_time: AbstractContextManager[object] | None = None,
    ) -> T:
        return self._parsed(kind, self._http.ask("POST", path, body, one_at_a_time=one_at_a_time))

    def _parsed(self, kind: TypeAdapter[T], answer: httpx.Response) -> T:
        try:
            return kind.validate_json(answer.content)
        except ValidationError as err:
            raise self._http.unreachable("what answers there is not Prefect 3") from err


def _server_time(answer: httpx.Response) -> datetime:
    """Return the server's clock, so that ages of its records do not depend on ours."""
    try:
        return parsedate_to_datetime(answer.headers["date"])
    except ValueError:
        return datetime.now(UTC)
