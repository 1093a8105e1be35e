"""Accepting batch inference while Prefect is away: nothing is lost, nothing is doubled."""

import httpx
import pytest

from headgate.runs import records as runs
from headgate.settings import Settings
from headgate.store import Store, open_store
from tests.serve.making import AREA, FLOWER, a_live_model, flower, price
from tests.serve.running import running

INFER = {"model": "flower", "instances": [FLOWER, FLOWER]}


@pytest.fixture
def shop_store(shop_settings: Settings) -> Store:
    return open_store(shop_settings.store_url)


def test_a_request_is_accepted_while_prefect_is_away_and_says_why_it_waits(
    shop: httpx.Client, shop_store: Store
) -> None:
    reply = shop.post("/infer", json=INFER)

    accepted = reply.json()
    run_id = accepted["run_id"]
    assert reply.status_code == 202
    assert accepted["status"] == "queued"
    assert "does not answer" in accepted["reason"]
    assert accepted["status_url"] == reply.headers["Location"] == f"/status/{run_id}"
    assert accepted["result_url"] == f"/results/{run_id}"
    assert int(reply.headers["Retry-After"]) > 0
    stored = runs.read_request(shop_store, run_id)
    assert stored is not None
    assert stored.caller == "local"


def test_the_status_of_a_waiting_request_says_why(shop: httpx.Client) -> None:
    run_id = shop.post("/infer", json=INFER).json()["run_id"]

    reply = shop.get(f"/status/{run_id}")

    assert reply.status_code == 200
    assert reply.json()["status"] == "queued"
    assert "does not answer" in reply.json()["reason"]
    assert reply.json()["submitted_at"] is not None
    assert int(reply.headers["Retry-After"]) > 0


def test_the_same_key_and_body_is_the_same_run(shop: httpx.Client) -> None:
    headers = {"Idempotency-Key": "order-17"}

    first, second = (shop.post("/infer", json=INFER, headers=headers) for _ in range(2))

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["run_id"] == second.json()["run_id"]


def test_the_same_key_with_another_body_is_refused(shop: httpx.Client) -> None:
    headers = {"Idempotency-Key": "order-18"}
    shop.post("/infer", json=INFER, headers=headers)

    reply = shop.post("/infer", json=INFER | {"instances": [FLOWER]}, headers=headers)

    assert reply.status_code == 409
    assert reply.json()["error"] == "RunIdTakenError"


def test_without_a_key_the_same_body_is_another_run(shop: httpx.Client) -> None:
    first, second = (shop.post("/infer", json=INFER).json()["run_id"] for _ in range(2))

    assert first != second


def test_a_key_and_another_run_id_are_refused(shop: httpx.Client) -> None:
    headers = {"Idempotency-Key": "order-19"}

    reply = shop.post("/infer", json=INFER | {"run_id": "another"}, headers=headers)

    assert reply.status_code == 422


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_that_is_empty_or_too_long_is_refused(shop: httpx.Client, key: str) -> None:
    reply = shop.post("/infer", json=INFER, headers={"Idempotency-Key": key})

    assert reply.status_code == 422


def test_a_repeated_request_is_the_same_run_though_the_contract_has_changed(
    settings: Settings, store: Store
) -> None:
    a_live_model(store, "price", price())
    body = {"model": "price", "instances": [AREA]}
    headers = {"Idempotency-Key": "order-20"}

    with running(settings) as client:
        first = client.post("/infer", json=body, headers=headers)
        a_live_model(store, "price", flower())
        repeated = client.post("/infer", json=body, headers=headers)
        fresh = client.post("/infer", json=body)

    assert (first.status_code, repeated.status_code, fresh.status_code) == (202, 202, 422)
    assert first.json()["run_id"] == repeated.json()["run_id"]


def test_wrong_rows_among_others_are_accepted_and_left_to_the_result(shop: httpx.Client) -> None:
    rows = [FLOWER, FLOWER | {"colour": "green"}]

    assert shop.post("/infer", json=INFER | {"instances": rows}).status_code == 202


@pytest.mark.parametrize(
    "body",
    [INFER | {"model": "nope"}, INFER | {"version": "v0009"}],
    ids=["model", "version"],
)
def test_an_unknown_model_or_version_is_not_found(
    shop: httpx.Client, body: dict[str, object]
) -> None:
    assert shop.post("/infer", json=body).status_code == 404


def test_a_cancelled_run_is_cancelled_for_good(shop: httpx.Client) -> None:
    run_id = shop.post("/infer", json=INFER).json()["run_id"]

    cancelled = [shop.delete(f"/infer/{run_id}", params={"reason": "a test"}) for _ in range(2)]
    status = shop.get(f"/status/{run_id}").json()
    retried = shop.post(f"/infer/{run_id}/retry")

    assert [(c.status_code, c.json()["status"]) for c in cancelled] == [(200, "cancelled")] * 2
    assert status["status"] == "cancelled"
    assert status["reason"] == "cancelled by local: a test"
    assert retried.status_code == 409


def test_a_failed_run_is_tried_again_on_request(shop: httpx.Client, shop_store: Store) -> None:
    run_id = shop.post("/infer", json=INFER).json()["run_id"]
    attempt = runs.open_attempt(shop_store, run_id, "batch-infer", number=1)
    runs.end_attempt(shop_store, attempt, "failed", reason="the disk was full")
    failed = shop.get(f"/status/{run_id}").json()

    reply = shop.post(f"/infer/{run_id}/retry")

    assert (failed["status"], failed["reason"]) == ("failed", "the disk was full")
    assert reply.status_code == 202
    assert reply.headers["Location"] == f"/status/{run_id}"
    assert shop.get(f"/status/{run_id}").json()["attempt"] == 2


def test_a_run_that_has_not_ended_is_not_tried_again(shop: httpx.Client) -> None:
    run_id = shop.post("/infer", json=INFER).json()["run_id"]

    assert shop.post(f"/infer/{run_id}/retry").status_code == 409
