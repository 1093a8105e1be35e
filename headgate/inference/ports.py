"""What submitting asks of Prefect; `headgate.client.PrefectClient` fills it."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from pydantic import JsonValue


class StartedRun(Protocol):
    """A flow run as far as submitting reads it."""

    @property
    def id(self) -> str: ...
    @property
    def state_type(self) -> str | None: ...
    @property
    def state_name(self) -> str | None: ...
    @property
    def state_message(self) -> str | None: ...


class FlowRuns(Protocol):
    """Start flow runs by deployment, find them by key, watch and cancel them."""

    def start(
        self,
        deployment: str,
        parameters: Mapping[str, JsonValue],
        *,
        idempotency_key: str,
        tags: Iterable[str] = (),
        name: str | None = None,
    ) -> StartedRun: ...
    def find_run(self, flow: str, idempotency_key: str) -> StartedRun | None: ...
    def read_run(self, flow_run_id: str) -> StartedRun: ...
    def cancel(self, flow_run_id: str) -> StartedRun: ...
