"""The run record of every flow: its attempt, its heartbeat and its one outcome."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from prefect import runtime
from prefect.logging import get_run_logger
from pydantic import JsonValue

from headgate.documents.base import Frozen
from headgate.documents.ledger import Principal
from headgate.documents.runs import Attempt, Outcome, OutcomeKind
from headgate.errors import ConflictError, HeadgateError, LostRaceError
from headgate.inference.cancelling import CancelledRunError, check_not_cancelled
from headgate.names import check_run_id
from headgate.runs import records as runs
from headgate.store import Store
from tasks import opening
from tasks.exclusive import only_active

P = ParamSpec("P")
R = TypeVar("R", bound=Frozen)


@dataclass(frozen=True, slots=True)
class Recording:
    """The attempt that this flow run works on."""

    store: Store
    attempt: Attempt
    heart: runs.Heart
    by: Principal
    model: str | None

    @property
    def run_id(self) -> str:
        return self.attempt.run_id


_CURRENT: ContextVar[Recording | None] = ContextVar("recording", default=None)


class EndedMeanwhileError(LostRaceError):
    """Somebody else ended the attempt while its work went on."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(
            f"Attempt {outcome.attempt} of run {outcome.run_id!r} had been ended as "
            f"{outcome.kind} before its work was done ({outcome.reason or 'no reason given'}). "
            "What it made is not its result; start the run again if it is wanted."
        )


def current() -> Recording:
    """Return the recording of the innermost flow that runs here."""
    found = _CURRENT.get()
    if found is None:
        raise RuntimeError("no flow is being recorded here")
    return found


def recorded(
    flow: str, answer: type[R], *, one_per_model: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Record every run of a flow under its ``run_id`` parameter, else under the flow run's id.

    A run that was completed before answers from its outcome and does nothing; one that was
    cancelled is refused for ever (`CancelledRunError`), and no attempt is opened. With
    ``one_per_model`` a run gives way to another active run of its ``model``; a subflow belongs
    to the run that started it.
    """

    def decorate(fn: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(fn)

        @wraps(fn)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            asked = bound.arguments
            run_id = check_run_id(str(asked.get("run_id") or runtime.flow_run.get_id()))
            asked["run_id"] = run_id
            store = opening.store()
            ended = runs.completed_outcome(store, run_id)
            if ended is not None:
                _check_same(store, ended, flow, asked)
                get_run_logger().info("run %s was completed before; nothing is done", run_id)
                return answer.model_validate(ended.result)
            check_not_cancelled(store, run_id)
            model = asked.get("model") if one_per_model else None
            with _attempt(store, flow, run_id, asked.get("attempt"), model) as recording:
                result = fn(*bound.args, **bound.kwargs)
                _end(recording, "completed", result=result.model_dump(mode="json"))
                return result

        return run

    return decorate


@contextmanager
def _attempt(
    store: Store, flow: str, run_id: str, number: int | None, model: str | None
) -> Iterator[Recording]:
    """Open an attempt, let it beat, and end it as failed when the work raises.

    A cancelled or killed process writes no outcome: whoever cancels does, and a dead one is seen
    by its heart.
    """
    flow_run_id = runtime.flow_run.get_id()
    attempt = runs.open_attempt(store, run_id, flow, flow_run_id=flow_run_id, number=number)
    ended = runs.read_outcomes(store, run_id).get(attempt.number)
    _end_if_cancelled(store, attempt)
    if ended is not None:
        raise EndedMeanwhileError(ended)
    by = Principal(name=f"{flow}/{run_id}", kind="flow")
    with runs.Heart(store, attempt, flow_run_id=flow_run_id) as heart:
        recording = Recording(store, attempt, heart, by, model)
        turn = _turn(store, model, attempt)
        token = _CURRENT.set(recording)
        get_run_logger().info("run %s: attempt %d of %s started", run_id, attempt.number, flow)
        try:
            with turn:
                yield recording
        except EndedMeanwhileError:
            raise
        except CancelledRunError:
            _end_if_cancelled(store, attempt)
            raise
        except Exception as err:
            _end(recording, "failed", reason=_reason(err), result={"exit_code": _exit_code(err)})
            raise
        finally:
            _CURRENT.reset(token)


def _end_if_cancelled(store: Store, attempt: Attempt) -> None:
    """End an attempt that was opened while its run was being cancelled like the cancelled one.

    A cancel writes the outcome, then looks for a newer attempt: one of us sees the other.
    """
    try:
        check_not_cancelled(store, attempt.run_id)
    except CancelledRunError as err:
        runs.end_attempt(store, attempt, "cancelled", reason=err.outcome.reason)
        raise


def _turn(store: Store, model: str | None, attempt: Attempt) -> AbstractContextManager[None]:
    outer = _CURRENT.get()
    if model is None or (outer is not None and outer.model == model):
        return nullcontext()
    return only_active(store, model, attempt)


def _check_same(store: Store, ended: Outcome, flow: str, asked: Mapping[str, object]) -> None:
    """Refuse to answer one question with the result of another."""
    named = {name: ended.result[name] for name in ("model", "version") if name in ended.result}
    differs: list[str] = [name for name in named if asked.get(name) not in (None, named[name])]
    request = runs.read_request(store, ended.run_id)
    if request is not None:
        uris = ("input_uri", "output_uri")
        differs += [name for name in uris if asked.get(name) not in (None, request.body.get(name))]
    if ended.flow != flow or differs:
        raise ConflictError(
            f"Run {ended.run_id!r} was completed before as {ended.flow} of "
            f"{'@'.join(map(str, named.values())) or 'something else'}, which is not what is "
            "asked now. Use another run_id."
        )


def _end(
    recording: Recording,
    kind: OutcomeKind,
    *,
    reason: str = "",
    result: dict[str, JsonValue] | None = None,
) -> None:
    written = runs.end_attempt(
        recording.store, recording.attempt, kind, reason=reason, result=result
    )
    get_run_logger().info("run %s: %s%s", recording.run_id, kind, f": {reason}" if reason else "")
    if written.kind != kind:
        raise EndedMeanwhileError(written)


def _reason(err: Exception) -> str:
    return str(err) if isinstance(err, HeadgateError) else f"{type(err).__name__}: {err}"


def _exit_code(err: Exception) -> int:
    return err.exit_code if isinstance(err, HeadgateError) else HeadgateError.exit_code
