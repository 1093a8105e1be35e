"""The store is taken away: what is loaded or cached goes on serving, and is told to be stale."""

from pathlib import Path

import httpx
import pytest

from headgate.ledger.rollback import rollback
from headgate.settings import Settings
from headgate.store import Store, open_store
from tests.builders import an_act
from tests.serve.making import AREA, a_live_model, a_served_version, price, promoted
from tests.serve.running import running, until

Moved = tuple[Path, Path]


@pytest.fixture
def folder(settings: Settings, store: Store) -> Moved:
    """Where the store is, with one live model, and where it goes when it is away."""
    a_live_model(store, "price", price(1))
    here = Path(settings.store_url)
    return here, here.with_name("elsewhere")


def take_away(folder: Moved) -> None:
    folder[0].rename(folder[1])


def bring_back(folder: Moved) -> None:
    folder[1].rename(folder[0])


def health(client: httpx.Client) -> dict[str, object]:
    answer = client.get("/health/ready")
    document: dict[str, object] = answer.json()
    return document | {"code": answer.status_code}


def test_a_running_server_goes_on_and_says_since_when_it_is_stale(
    settings: Settings, folder: Moved
) -> None:
    with running(settings) as client:
        take_away(folder)
        until(lambda: health(client)["status"] == "degraded")
        told = health(client)
        answer = client.post("/predict", json=AREA)
        bring_back(folder)
        until(lambda: health(client)["status"] == "ok")
        mended = health(client)

    assert (told["code"], told["ready"]) == (200, True)
    assert str(told["store_problem"]).startswith("stale since 20")
    assert told["stale_since"] is not None
    assert answer.json()["version"] == "v0001"
    assert mended["stale_since"] is None


def test_a_new_process_serves_from_the_cache_and_catches_up(
    settings: Settings, folder: Moved
) -> None:
    with running(settings) as client:
        client.post("/predict", json=AREA)
    second = a_served_version(open_store(settings.store_url), "price", price(2))
    promoted(open_store(settings.store_url), second)
    take_away(folder)

    with running(settings) as client:
        told = health(client)
        stale = client.post("/predict", json=AREA).json()
        bring_back(folder)
        until(lambda: client.post("/predict", json=AREA).json()["version"] == "v0002")
        until(lambda: health(client)["status"] == "ok")
        fresh = client.post("/predict", json=AREA).json()

    assert (told["code"], told["status"]) == (200, "degraded")
    assert str(told["store_problem"]).startswith("stale since 20")
    assert (stale["version"], stale["prediction"]) == ("v0001", pytest.approx(1.0))
    assert stale["prediction_id"].startswith("price-v0001-1-")
    assert fresh["prediction"] == pytest.approx(2.0)


def test_a_new_process_with_pinned_versions_serves_them_from_the_cache(
    settings: Settings, folder: Moved
) -> None:
    pinned = settings.model_copy(update={"serve": ("price@v0001",)})
    with running(pinned) as client:
        client.post("/predict", json=AREA)
    take_away(folder)

    with running(pinned) as client:
        told = health(client)
        answer = client.post("/predict", json=AREA).json()

    assert (told["code"], told["status"]) == (200, "degraded")
    assert answer["version"] == "v0001"


@pytest.mark.parametrize("serve", [("price@v0001",), ("price@v0001", "other")])
def test_a_running_server_of_pinned_versions_notices_too(
    settings: Settings, folder: Moved, serve: tuple[str, ...]
) -> None:
    a_served_version(open_store(settings.store_url), "other", price(2))

    with running(settings.model_copy(update={"serve": serve})) as client:
        before = health(client)
        take_away(folder)
        until(lambda: health(client)["stale_since"] is not None)
        told = health(client)
        answer = client.post("/models/price/predict", json=AREA).json()
        bring_back(folder)
        until(lambda: health(client)["stale_since"] is None)
        mended = health(client)

    assert (before["stale_since"], before["store_problem"]) == (None, None)
    assert str(told["store_problem"]).startswith("stale since 20")
    assert told["code"] == before["code"]
    assert answer["version"] == "v0001"
    assert (mended["status"], mended["store_problem"]) == (before["status"], None)


def test_a_new_process_refuses_a_cached_file_that_was_changed(
    settings: Settings, folder: Moved
) -> None:
    with running(settings) as client:
        client.post("/predict", json=AREA)
    take_away(folder)
    blobs = [p for p in (settings.store_cache / "blobs").rglob("*") if p.is_file()]
    for path in blobs:
        path.write_bytes(path.read_bytes() + b" ")

    with running(settings) as client:
        told = health(client)
        refused = client.post("/predict", json=AREA)
        bring_back(folder)
        until(lambda: client.post("/predict", json=AREA).status_code == 200)

    assert (told["code"], told["ready"]) == (503, False)
    assert refused.status_code == 503


def test_a_store_that_was_made_anew_is_followed_and_not_the_cache(
    settings: Settings, folder: Moved
) -> None:
    with running(settings) as client:
        client.post("/predict", json=AREA)
    take_away(folder)
    a_live_model(open_store(settings.store_url), "price", price(7))

    with running(settings) as client:
        answer = client.post("/predict", json=AREA).json()
        told = health(client)

    assert answer["prediction"] == pytest.approx(7.0)
    assert told["status"] == "ok"


def test_a_rollback_to_what_is_still_loaded_needs_nothing_of_the_store_but_the_entry(
    settings: Settings, folder: Moved
) -> None:
    store = open_store(settings.store_url)
    with running(settings) as client:
        client.post("/predict", json=AREA)
        promoted(store, a_served_version(store, "price", price(2)))
        until(lambda: client.post("/predict", json=AREA).json()["version"] == "v0002")
        (folder[0] / "models/price/versions/v0001.json").unlink()
        rollback(store, "price", an_act(), target="v0001")
        until(lambda: client.post("/predict", json=AREA).json()["version"] == "v0001")
        told = health(client)

    assert told["status"] == "ok"
