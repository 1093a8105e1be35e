"""What is repeated after a fault, and what is never done twice for one run_id."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import httpx
from prefect import Task
from prefect.cache_policies import NO_CACHE, CachePolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext
from prefect.logging import get_run_logger
from prefect.tasks import exponential_backoff
from pydantic_core import PydanticSerializationError, to_jsonable_python

from headgate.documents.base import canonical_json, sha256_of
from headgate.errors import (
    HeadgateError,
    UnreachableError,
    UsageError,
)
from headgate.names import check_run_id

P = ParamSpec("P")
R = TypeVar("R")

RETRIES = 3


class NotRepeatableError(UsageError):
    """A task was called with something that cannot be recognised when the run is repeated."""

    def __init__(self, task_name: str, err: Exception) -> None:
        super().__init__(
            f"Task {task_name!r} was called with an input that has no JSON form ({err}), so a "
            "second run with the same run_id would not know it again. Pass a reference instead."
        )


def cache_key(task_name: str, inputs: Mapping[str, Any]) -> str | None:
    """Return the key of a task's result, which is also its file's name; None without a run_id.

    The same inputs give the same key in every process.

    Raises:
        NotRepeatableError: if an input has no JSON form.

    >>> cache_key("fit", {"run_id": "r1", "model": "iris"})
    'r1-fit-376d2d6ca537c3a7701451ad2f86d267'
    """
    run_id = inputs.get("run_id")
    if run_id is None:
        return None
    others = {name: value for name, value in inputs.items() if name != "run_id"}
    try:
        digest = sha256_of(canonical_json(to_jsonable_python(others)))
    except (PydanticSerializationError, ValueError, TypeError) as err:
        raise NotRepeatableError(task_name, err) from err
    return f"{check_run_id(run_id)}-{task_name}-{digest[:32]}"


@dataclass
class ByRunId(CachePolicy):
    """Remembers a result for the caller's run_id, across flow runs and processes.

    Prefect's own run-id policy means the flow run's id, which is another one at every attempt.
    """

    def compute_key(
        self,
        task_ctx: TaskRunContext,
        inputs: dict[str, Any],
        flow_parameters: dict[str, Any],  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> str | None:
        return cache_key(task_ctx.task.name, inputs)


def is_mendable(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Say whether trying again may help: a service or disk that is away, nothing else."""
    found = state.result(raise_on_failure=False)
    if isinstance(found, HeadgateError):
        return isinstance(found, UnreachableError)
    return isinstance(found, OSError | httpx.TransportError)


def once_per_run(fn: Callable[P, R]) -> Task[P, R]:
    """Make a task that is not repeated for the same run_id and inputs once it has ended well.

    Inputs must have a JSON form; the result is kept as JSON in the store's ``results`` folder.
    """
    signature = inspect.signature(fn)

    @wraps(fn)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        # Prefect logs a key that cannot be computed and goes on without a cache.
        cache_key(_name(fn), signature.bind(*args, **kwargs).arguments)
        return fn(*args, **kwargs)

    return _task(checked, cache_policy=ByRunId(), persist_result=True)


def always(fn: Callable[P, R]) -> Task[P, R]:
    """Make a task that looks afresh at every run, retried like the others."""
    return _task(fn, cache_policy=NO_CACHE, persist_result=False)


def _task(fn: Callable[P, R], *, cache_policy: CachePolicy, persist_result: bool) -> Task[P, R]:
    return Task(
        fn,
        name=_name(fn),
        cache_policy=cache_policy,
        persist_result=persist_result,
        result_serializer="json",
        retries=RETRIES,
        retry_delay_seconds=exponential_backoff(backoff_factor=1),
        retry_jitter_factor=0.5,
        retry_condition_fn=is_mendable,
    )


def _name(fn: Callable[..., object]) -> str:
    return fn.__name__.strip("_").replace("_", "-")


def verified(task: Task[P, R], is_whole: Callable[[R], bool]) -> Callable[P, R]:
    """Return the task as a call whose remembered result is checked before it is used.

    Where what the result names is not there as recorded, the task is run again and its new result
    replaces the remembered one.
    """

    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        state = task(*args, return_state=True, **kwargs)
        result = state.result()
        if state.name != "Cached" or is_whole(result):
            return result
        get_run_logger().warning(
            "%s is run again: the store does not hold its result as recorded", task.name
        )
        return task.with_options(refresh_cache=True)(*args, **kwargs)

    return run
