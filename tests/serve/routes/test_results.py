"""What a batch inference answered, before, after and never."""

from pathlib import Path

import httpx
import pytest

from headgate.documents.runs import OutcomeKind
from headgate.runs import records as runs
from headgate.settings import Settings
from headgate.store import Store, open_store
from tests.serve.making import FLOWER
from tests.serve.working import work_off

ROWS = [FLOWER, FLOWER | {"colour": "green"}, FLOWER | {"length": 1.0}]


@pytest.fixture
def shop_store(shop_settings: Settings) -> Store:
    return open_store(shop_settings.store_url)


def accepted(shop: httpx.Client) -> str:
    run_id: str = shop.post("/infer", json={"model": "flower", "instances": ROWS}).json()["run_id"]
    return run_id


def test_a_completed_run_shows_every_row_in_as_a_row_out_or_rejected(
    shop: httpx.Client, shop_store: Store
) -> None:
    run_id = accepted(shop)
    work_off(shop_store, run_id)

    reply = shop.get(f"/results/{run_id}")
    status = shop.get(f"/status/{run_id}").json()

    result = reply.json()
    assert reply.status_code == 200
    assert (result["model"], result["version"]) == ("flower", "v0001")
    assert [(p["row_id"], p["prediction"]) for p in result["predictions"]] == [
        (0, "iris"),
        (2, "aster"),
    ]
    assert [r["row_id"] for r in result["rejected"]] == [1]
    assert (result["n_rows_in"], result["n_rows_out"], result["n_rows_rejected"]) == (3, 2, 1)
    assert (status["status"], status["result_url"]) == ("completed", f"/results/{run_id}")
    assert (status["n_rows_in"], status["n_done"]) == (3, 3)


def test_a_row_gets_the_same_answer_online_and_in_a_batch(
    shop: httpx.Client, shop_store: Store
) -> None:
    run_id = accepted(shop)
    work_off(shop_store, run_id)

    online = shop.post("/predict", json=FLOWER).json()
    batch = shop.get(f"/results/{run_id}").json()["predictions"][0]

    assert batch["prediction"] == online["prediction"]
    assert batch["probabilities"] == pytest.approx(online["probabilities"], abs=1e-12)


def test_before_the_end_there_is_the_status_in_place_of_a_result(shop: httpx.Client) -> None:
    reply = shop.get(f"/results/{accepted(shop)}")

    assert reply.status_code == 202
    assert reply.json()["status"] == "queued"
    assert int(reply.headers["Retry-After"]) > 0
    assert reply.headers["Location"].startswith("/status/")


@pytest.mark.parametrize("kind", ["failed", "cancelled"])
def test_a_run_that_ended_otherwise_says_why_it_has_no_result(
    shop: httpx.Client, shop_store: Store, kind: OutcomeKind
) -> None:
    run_id = accepted(shop)
    attempt = runs.open_attempt(shop_store, run_id, "batch-infer", number=1)
    runs.end_attempt(shop_store, attempt, kind, reason="the disk was full")

    reply = shop.get(f"/results/{run_id}")

    assert reply.status_code == 409
    assert "the disk was full" in reply.json()["detail"]


def test_rows_that_retention_removed_are_gone(shop: httpx.Client, shop_store: Store) -> None:
    run_id = accepted(shop)
    work_off(shop_store, run_id)
    for part in Path(shop_store.uri(f"runs/{run_id}/parts")).glob("*.parquet"):
        part.unlink()

    assert shop.get(f"/results/{run_id}").status_code == 410


def test_an_unknown_run_has_no_result(shop: httpx.Client) -> None:
    assert shop.get("/results/never-heard-of").status_code == 404
