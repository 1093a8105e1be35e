"""What the demo's steps act on: a running stack, its store, and one model."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from pydantic import JsonValue, TypeAdapter

from headgate.client import PrefectClient
from headgate.data.holdout import Holdout, read_holdout
from headgate.documents.ledger import Principal
from headgate.errors import HeadgateError
from headgate.runs.following import follow, start_run
from headgate.store import Store
from headgate.versions import read_manifest

Body = dict[str, JsonValue]
_BODY = TypeAdapter(Body)
TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Scene:
    """One model on one stack."""

    model: str
    store: Store
    prefect: PrefectClient
    api: httpx.Client
    person: Principal

    def flow(self, flow: str, run_id: str, parameters: Mapping[str, JsonValue]) -> Body:
        """Start a deployment and return the result its run ended with.

        Raises:
            HeadgateError: if the run did not complete.
        """
        asked = {"model": self.model, **parameters}
        started = start_run(self.store, self.prefect, flow, run_id, asked, str(self.person))
        status = follow(self.store, self.prefect, started, lambda _: None)
        if status.status != "completed":
            raise HeadgateError(f"The {flow} run {run_id} ended {status.status}: {status.reason}")
        return status.result

    def get(self, path: str) -> Body:
        """Ask the API."""
        return self._read(self.api.get(path))

    def post(self, path: str, body: JsonValue) -> Body:
        """Ask the API with a body."""
        return self._read(self.api.post(path, json=body))

    def holdout(self, version: str) -> Holdout:
        """Return the rows a version has never seen, with their true targets."""
        return read_holdout(self.store, read_manifest(self.store, self.model, version))

    def rows(self, holdout: Holdout, n_rows: int) -> list[JsonValue]:
        """Return the first rows of a holdout as a caller would send them."""
        return [
            _BODY.validate_python({name: column[i] for name, column in holdout.values.items()})
            for i in range(min(n_rows, holdout.n_rows))
        ]

    def _read(self, reply: httpx.Response) -> Body:
        if not reply.is_success:
            raise HeadgateError(f"The API answered {reply.status_code}: {reply.text[:300]}")
        return _BODY.validate_json(reply.content)
