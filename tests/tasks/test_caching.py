import asyncio
import json
from pathlib import Path

import httpx
import pandas as pd
import pytest
from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import exception_to_failed_state

from headgate.documents.base import Frozen
from headgate.errors import IntegrityError, RefusedError, UnreachableError, UsageError
from headgate.settings import Settings
from headgate.store import Store
from tasks.caching import (
    NotRepeatableError,
    always,
    cache_key,
    is_mendable,
    once_per_run,
    verified,
)


class Ref(Frozen):
    """A reference, as tasks hand them on."""

    key: str
    n_rows: int = 0


def test_the_key_is_a_plain_file_name_that_says_run_and_task() -> None:
    key = cache_key("fit-model", {"run_id": "r1", "model": "iris"})

    assert key is not None
    assert key.startswith("r1-fit-model-")
    assert key.replace("-", "").isalnum()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"model": "iris"}, {"model": "digits"}),
        ({"rows": Ref(key="a")}, {"rows": Ref(key="b")}),
        ({"params": {"C": 1.0}}, {"params": {"C": 2.0}}),
        ({"params": None}, {"params": {}}),
    ],
)
def test_other_inputs_are_another_key(one: dict[str, object], other: dict[str, object]) -> None:
    assert cache_key("fit", {"run_id": "r1", **one}) != cache_key("fit", {"run_id": "r1", **other})


def test_equal_inputs_are_the_same_key_in_any_order() -> None:
    one = cache_key("fit", {"run_id": "r1", "a": 1, "rows": Ref(key="x")})
    other = cache_key("fit", {"rows": Ref(key="x"), "a": 1, "run_id": "r1"})

    assert one == other


def test_without_a_run_id_nothing_is_remembered() -> None:
    assert cache_key("fit", {"run_id": None, "model": "iris"}) is None


@pytest.mark.parametrize("run_id", ["../escape", "a/b", "", "x" * 65])
def test_a_run_id_that_could_leave_the_folder_is_refused(run_id: str) -> None:
    with pytest.raises(UsageError):
        cache_key("fit", {"run_id": run_id})


@pytest.mark.parametrize("value", [pd.DataFrame({"a": [1]}), object(), float("nan")])
def test_an_input_without_a_json_form_is_refused_loudly(value: object) -> None:
    with pytest.raises(NotRepeatableError, match="'fit' was called with an input"):
        cache_key("fit", {"run_id": "r1", "value": value})


@pytest.mark.parametrize(
    ("error", "mendable"),
    [
        (UnreachableError("S3 is away"), True),
        (ConnectionResetError(), True),
        (TimeoutError(), True),
        (httpx.ConnectError("refused"), True),
        (RefusedError("the gate said no"), False),
        (IntegrityError("altered"), False),
        (ValueError("a bug"), False),
    ],
)
def test_only_what_may_pass_by_itself_is_retried(error: Exception, mendable: bool) -> None:
    assert is_mendable(an_unused_task, None, failed(error)) is mendable  # type: ignore[arg-type]


@always
def an_unused_task() -> None:
    """Stand in for the task whose state is looked at."""


def failed(error: Exception) -> State[BaseException]:
    return asyncio.run(exception_to_failed_state(error))


calls: list[str] = []


@once_per_run
def count(run_id: str, n: int) -> Ref:  # noqa: ARG001
    """Count its calls."""
    calls.append("count")
    return Ref(key="counted", n_rows=n)


@pytest.fixture(autouse=True)
def _no_calls_yet() -> None:
    calls.clear()


@pytest.mark.stack
@pytest.mark.usefixtures("settings")
class TestWithPrefect:
    def test_a_finished_task_is_not_repeated_by_a_second_run(self, store: Store) -> None:
        first = counting("again", 3)
        second = counting("again", 3)

        assert first == second == Ref(key="counted", n_rows=3)
        assert calls == ["count"]
        assert len(store.names("results")) == 1

    def test_another_run_id_and_other_inputs_run(self) -> None:
        counting("one", 3)
        counting("two", 3)
        counting("one", 4)

        assert calls == ["count"] * 3

    def test_a_result_is_plain_json_in_the_stores_folder(self, settings: Settings) -> None:
        counting("plain", 3)

        [file] = (Path(settings.store_url) / "results").glob("plain-count-*")
        record = json.loads(file.read_text())
        assert record["metadata"]["serializer"]["type"] == "json"
        assert json.loads(record["result"])["data"] == {"key": "counted", "n_rows": 3}

    def test_a_remembered_result_that_is_not_whole_is_made_again(self) -> None:
        counting("damaged", 3)

        result = counting_verified("damaged", whole=False)

        assert result.n_rows == 3
        assert calls == ["count", "count"]

    def test_a_remembered_result_that_is_whole_is_used(self) -> None:
        counting("whole", 3)

        counting_verified("whole", whole=True)

        assert calls == ["count"]

    def test_a_call_that_could_not_be_recognised_fails(self) -> None:
        with pytest.raises(NotRepeatableError):
            counting("frames", pd.DataFrame({"a": [1]}))  # type: ignore[call-overload]

        assert calls == []

    def test_what_is_away_is_asked_again(self) -> None:
        assert flaky("away", UnreachableError("away")) == 2

    def test_what_was_refused_is_not_asked_again(self) -> None:
        with pytest.raises(RefusedError):
            flaky("refused", RefusedError("no"))

        assert calls == ["fail"]


@flow(validate_parameters=False, persist_result=False)
def counting(run_id: str, n: int) -> Ref:
    """Count once per run."""
    return count(run_id, n)


@flow(persist_result=False)
def counting_verified(run_id: str, *, whole: bool) -> Ref:
    """Count once per run, unless the result is not whole."""
    return verified(count, lambda _: whole)(run_id, 3)


@flow(validate_parameters=False, persist_result=False)
def flaky(run_id: str, error: Exception) -> int:
    """Fail with an error at the first try."""

    def fail(run_id: str) -> int:  # noqa: ARG001
        calls.append("fail")
        if len(calls) == 1:
            raise error
        return len(calls)

    return once_per_run(fail).with_options(retry_delay_seconds=0)(run_id)
