"""A small typed client of Headgate's HTTP service: `headgate.Client`."""

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode

from pydantic import JsonValue

from headgate.api_answers import (
    Accepted,
    Batch,
    InferResult,
    ModelInfo,
    Prediction,
    RefusedRow,
    RunState,
)
from headgate.api_http import IDEMPOTENCY_KEY, Call, Caller, Reply
from headgate.errors import HeadgateError
from headgate.names import new_run_id

TIMEOUT_SECONDS = 30.0
PATIENCE_SECONDS = 30.0

Row = Mapping[str, JsonValue]


class UnfinishedError(HeadgateError):
    """The run has not ended within the time the caller gave it."""

    def __init__(self, run_id: str, seconds: float) -> None:
        super().__init__(
            f"Run {run_id!r} has not ended within {seconds:g} s. It goes on: ask for its result "
            "again, or for its status."
        )


class Run:
    """A batch inference that was accepted; what happens to it does not depend on this object."""

    def __init__(self, caller: Caller, run_id: str) -> None:
        self._caller = caller
        self.run_id = run_id
        self._place = quote(run_id, safe="")

    def status(self) -> RunState:
        """Return how the run is now."""
        return self._caller.send(Call("GET", f"/status/{self._place}")).read_as(RunState)

    def result(self, timeout_seconds: float | None = None) -> InferResult:
        """Wait for the result and return it.

        Raises:
            UnfinishedError: if there is none in time; without a time it waits as long as it takes.
            ConflictError: if there will be none, because the run failed or was cancelled.
        """
        started = time.monotonic()
        while (reply := self._asked()).status != 200:
            waited = time.monotonic() - started
            if timeout_seconds is not None and waited + reply.pause_seconds > timeout_seconds:
                raise UnfinishedError(self.run_id, timeout_seconds)
            time.sleep(reply.pause_seconds)
        return reply.read_as(InferResult)

    def cancel(self, reason: str = "") -> RunState:
        """Cancel the run; what it does after this does not count."""
        query = f"?{urlencode({'reason': reason})}" if reason else ""
        return self._caller.send(Call("DELETE", f"/infer/{self._place}{query}")).read_as(RunState)

    def retry(self) -> None:
        """Start another attempt of a failed run; sent once, as each would start one."""
        self._caller.send(Call("POST", f"/infer/{self._place}/retry", repeatable=False))

    def _asked(self) -> Reply:
        return self._caller.send(Call("GET", f"/results/{self._place}"))


class Client:
    """Asks one service; ``key`` is an API key of it, where it wants one.

    A service that is busy (429, 503) is asked again when it says so, for ``patience_seconds``.
    Predictions change nothing and a batch inference carries an idempotency key, so asking again
    never does anything twice.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        key: str | None = None,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._caller = Caller(
            url, key, timeout_seconds=timeout_seconds, patience_seconds=patience_seconds
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._caller.close()

    def model(self, model: str | None = None) -> ModelInfo:
        """Return what is known of a model, or of the default one."""
        path = _prefix(model) or "/model/info"
        return self._caller.send(Call("GET", path)).read_as(ModelInfo)

    def predict(self, row: Row, model: str | None = None, *, explain: bool = False) -> Prediction:
        """Answer one row by a model, or by the default one; ``explain`` adds contributions.

        Raises:
            InvalidInputError: naming every wrong field, if the row does not fit the contract.
            NotFoundError: if the service has no such model.
            UnreachableError: if it does not answer, or stays busy.
        """
        path = f"{_prefix(model)}/predict" + ("?explain=true" if explain else "")
        return self._caller.send(Call("POST", path, dict(row))).read_as(Prediction)

    def predict_batch(
        self, rows: Sequence[Row], model: str | None = None
    ) -> tuple[Prediction | RefusedRow, ...]:
        """Answer rows; a wrong one has its reasons in its place.

        Raises:
            InvalidInputError: if none of the rows fits the contract, or there are too many.
        """
        body: JsonValue = {"instances": [dict(row) for row in rows]}
        reply = self._caller.send(Call("POST", f"{_prefix(model)}/predict/batch", body))
        return reply.read_as(Batch).predictions

    def infer(
        self,
        rows: Sequence[Row] | None = None,
        *,
        model: str,
        input_uri: str | None = None,
        output_uri: str | None = None,
        version: str | None = None,
        run_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Run:
        """Start a batch inference over rows, or over files the service can open.

        The same ``idempotency_key`` or ``run_id`` is the same run, whoever asks how often.

        Raises:
            InvalidInputError: naming what is wrong with the request.
            ConflictError: if the key or run_id was used for something else.
        """
        given: dict[str, JsonValue] = {
            "model": model,
            "instances": None if rows is None else [dict(row) for row in rows],
            "input_uri": input_uri,
            "output_uri": output_uri,
            "version": version,
            "run_id": run_id,
        }
        body: JsonValue = {name: value for name, value in given.items() if value is not None}
        # Without a name for the run this call makes a key, so that it can be sent again.
        key = idempotency_key or (None if run_id else new_run_id())
        headers = {IDEMPOTENCY_KEY: key} if key else {}
        call = Call("POST", "/infer", body, headers, repeatable=run_id is not None)
        return self.run(self._caller.send(call).read_as(Accepted).run_id)

    def run(self, run_id: str) -> Run:
        """Return a run that was started before."""
        return Run(self._caller, run_id)


def _prefix(model: str | None) -> str:
    return f"/models/{quote(model, safe='')}" if model else ""
