from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from headgate.documents.base import canonical_json
from headgate.documents.runs import InferBody, Request
from headgate.errors import IntegrityError, UsageError
from headgate.inference.accepting import (
    Limits,
    RunIdMismatchError,
    RunIdTakenError,
    accept,
    infer_body,
)
from headgate.runs import records as runs
from headgate.store import Store, open_store
from headgate.versions import ModelNotFoundError, NoChampionError, VersionNotFoundError
from tests.builders import NOON, a_version
from tests.headgate.inference.arranging import ROWS, ask, pending_runs


def accept_body(store: Store, limits: Limits, **body: object) -> Request:
    asked = InferBody.model_validate({"model": "iris", **body})
    return accept(
        store, asked, caller="alice", idempotency_key=None, now=NOON, limits=limits
    ).request


def test_an_accepted_request_is_stored_with_its_marker(store: Store) -> None:
    accepted = ask(store, run_id="r1", priority="high")

    assert accepted.created
    assert runs.read_request(store, "r1") == accepted.request
    assert accepted.request.flow == "batch-infer"
    assert accepted.request.caller == "alice"
    assert infer_body(accepted.request).instances == ROWS
    assert [info.key for info in store.list("pending/")] == [
        "pending/high/20260102T120000.000000Z-r1"
    ]


def test_the_body_hash_is_of_the_stored_body_without_the_run_id(store: Store) -> None:
    request = ask(store, run_id="r1").request

    assert request.body_sha256 == sha256(canonical_json(request.body)).hexdigest()
    assert ask(store, run_id="r2").request.body_sha256 == request.body_sha256
    assert "run_id" not in request.body


def test_the_same_key_of_one_caller_is_the_same_run(store: Store) -> None:
    first, second = ask(store, "key-1"), ask(store, "key-1", minutes=5)

    assert first.created
    assert not second.created
    assert second.request == first.request
    digest = sha256(b'["alice","key-1"]').hexdigest()
    assert first.request.run_id == f"k-{digest[:32]}"
    assert len(pending_runs(store)) == 1


def test_another_key_or_none_is_another_run(store: Store) -> None:
    run_ids = {ask(store, key).request.run_id for key in ("key-1", "key-2", None, None)}

    assert len(run_ids) == 4


def test_the_same_key_of_another_caller_is_another_run(store: Store) -> None:
    body = InferBody(model="iris", instances=ROWS)
    run_ids = {
        accept(
            store, body, caller=caller, idempotency_key="k", now=NOON, limits=Limits()
        ).request.run_id
        for caller in ("alice", "bob", "alice")
    }

    assert len(run_ids) == 2


def test_run_id_and_key_may_be_given_together_only_when_equal(store: Store) -> None:
    assert ask(store, "r1", run_id="r1").request.run_id == "r1"

    with pytest.raises(RunIdMismatchError):
        ask(store, "another", run_id="r1")


@pytest.mark.parametrize(
    "other", [{"instances": ROWS[:1]}, {"priority": "high"}, {"version": "v0001"}]
)
def test_another_body_under_the_same_run_id_is_a_conflict(
    store: Store, other: dict[str, Any]
) -> None:
    ask(store, run_id="r1")

    with pytest.raises(RunIdTakenError, match="r1"):
        ask(store, run_id="r1", **other)


def test_a_body_that_spells_out_a_default_is_the_same_body(store: Store) -> None:
    ask(store, run_id="r1")

    assert not ask(store, run_id="r1", priority="low", version=None).created


def test_a_run_id_of_another_flow_is_a_conflict(store: Store) -> None:
    request = ask(store, run_id="r1").request
    runs.record_request(store, request.model_copy(update={"run_id": "r2", "flow": "train"}))

    with pytest.raises(RunIdTakenError, match="train"):
        ask(store, run_id="r2")


def test_an_accepted_request_is_answered_again_though_its_champion_is_gone(
    store: Store, tmp_path: Path
) -> None:
    request = ask(store, run_id="r1").request
    other = open_store(str(tmp_path / "other"))
    runs.record_request(other, request)

    assert ask(other, run_id="r1").request == request


def test_unknown_models_versions_and_champions_are_refused(store: Store) -> None:
    a_version(store, "wine")

    with pytest.raises(ModelNotFoundError):
        ask(store, model="roses")
    with pytest.raises(VersionNotFoundError):
        ask(store, version="v0007")
    with pytest.raises(NoChampionError):
        ask(store, model="wine")
    assert ask(store, model="wine", version="v0001").created


@pytest.mark.parametrize("version", ["3", "latest", "../v0001"])
def test_a_version_that_is_no_name_is_refused(store: Store, version: str) -> None:
    with pytest.raises(UsageError):
        ask(store, version=version)


def test_rows_and_uri_exclude_each_other(store: Store) -> None:
    limits = Limits()

    with pytest.raises(UsageError, match="neither"):
        accept_body(store, limits)
    with pytest.raises(UsageError, match="both"):
        accept_body(store, limits, instances=ROWS, input_uri="a.csv")
    assert accept_body(store, limits, input_uri="a.csv").body["input_uri"] == "a.csv"


def test_inline_rows_are_limited(store: Store) -> None:
    limits = Limits(max_inline_rows=3)

    with pytest.raises(UsageError, match="0 rows"):
        accept_body(store, limits, instances=())
    with pytest.raises(UsageError, match="4 rows; it takes 1 to 3"):
        accept_body(store, limits, instances=ROWS[:4])
    accept_body(store, limits, instances=ROWS[:3])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_what_json_cannot_hold_is_refused_and_nothing_is_stored(
    store: Store, value: float | str
) -> None:
    with pytest.raises(UsageError, match="JSON"):
        ask(store, run_id="r1", instances=({"x": value},))

    assert pending_runs(store) == []


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_an_idempotency_key_has_a_length(store: Store, key: str) -> None:
    with pytest.raises(UsageError, match="Idempotency-Key"):
        ask(store, key)


def test_a_run_id_that_is_no_name_is_refused(store: Store) -> None:
    with pytest.raises(UsageError, match="run_id"):
        ask(store, run_id="../../etc")


def test_a_stored_request_that_cannot_be_read_is_named(store: Store) -> None:
    request = ask(store, run_id="r1").request
    newer = request.model_copy(update={"body": {**request.body, "colour": "red"}})

    with pytest.raises(IntegrityError, match="r1"):
        infer_body(newer)


def test_acceptance_time_is_kept_to_the_microsecond(store: Store) -> None:
    now = NOON + timedelta(microseconds=7)
    body = InferBody(model="iris", instances=ROWS, run_id="r1")

    accept(store, body, caller="alice", idempotency_key=None, now=now, limits=Limits())

    assert [info.key for info in store.list("pending/")] == [
        "pending/low/20260102T120000.000007Z-r1"
    ]
