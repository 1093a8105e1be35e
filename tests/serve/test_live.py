"""Which model answers, and what is said when none can."""

from contextlib import AbstractContextManager

import httpx

from headgate.settings import Settings
from headgate.store import Store
from tests.serve.making import a_live_model, a_served_version, price
from tests.serve.running import running


def with_client(settings: Settings, **changes: object) -> AbstractContextManager[httpx.Client]:
    return running(settings.model_copy(update=changes))


def test_the_only_model_needs_no_name(settings: Settings, store: Store) -> None:
    a_live_model(store, "price", price())

    with with_client(settings) as client:
        reply = client.post("/predict", json={"area": 1})

    assert reply.json()["model"] == "price"


def test_several_models_without_a_default_one_want_a_name(settings: Settings, store: Store) -> None:
    a_live_model(store, "price", price())
    a_live_model(store, "rent", price())

    with with_client(settings) as client:
        reply = client.post("/predict", json={"area": 1})

    assert reply.status_code == 409
    assert "price, rent" in reply.json()["detail"]
    assert "/models/<model>/predict" in reply.json()["detail"]


def test_before_any_champion_the_answer_says_how_to_get_one(
    settings: Settings, store: Store
) -> None:
    a_served_version(store, "price", price())

    with with_client(settings) as client:
        replies = [
            client.post(path, json={"area": 1}) for path in ("/predict", "/models/price/predict")
        ]

    assert [r.status_code for r in replies] == [503, 503]
    assert all("headgate retrain price" in r.json()["detail"] for r in replies)
    assert all(int(r.headers["Retry-After"]) > 0 for r in replies)


def test_a_pinned_version_serves_though_it_is_not_champion(
    settings: Settings, store: Store
) -> None:
    a_live_model(store, "price", price(1))
    a_served_version(store, "price", price(2))

    with with_client(settings, serve=("price@v0002",)) as client:
        answer = client.post("/predict", json={"area": 1}).json()
        shown = client.get("/models/price").json()

    assert answer["version"] == "v0002"
    assert answer["prediction_id"].startswith("price-v0002-0-")
    assert shown["pinned"] is True


def test_only_the_models_of_the_setting_are_served(settings: Settings, store: Store) -> None:
    a_live_model(store, "price", price())
    a_live_model(store, "rent", price())

    with with_client(settings, serve=("rent",)) as client:
        answered = client.post("/predict", json={"area": 1})
        refused = client.post("/models/price/predict", json={"area": 1})

    assert answered.json()["model"] == "rent"
    assert refused.status_code == 404


def test_a_server_is_ready_when_its_models_are_loaded(shop: httpx.Client) -> None:
    health = shop.get("/health/ready")

    assert health.status_code == 200
    assert health.json()["status"] == "ok"
    assert [(m["model"], m["ready"]) for m in health.json()["models"]] == [
        ("flower", True),
        ("price", True),
        ("side", True),
    ]
    assert {m["engine"] for m in health.json()["models"]} == {"scikit-learn (not proven)"}


def test_a_server_is_not_ready_without_a_configured_model(settings: Settings, store: Store) -> None:
    a_live_model(store, "price", price())

    with with_client(settings, serve=("price", "rent")) as client:
        health = client.get("/health/ready")
        alive = client.get("/health/live")
        answered = client.post("/models/price/predict", json={"area": 1})

    assert health.status_code == 503
    assert "Retry-After" in health.headers
    assert [(m["model"], m["ready"]) for m in health.json()["models"]] == [
        ("price", True),
        ("rent", False),
    ]
    assert alive.status_code == answered.status_code == 200
