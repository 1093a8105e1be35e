"""A canary over HTTP: who is answered by it, and how it ends."""

from collections import Counter

import httpx
import pytest

from headgate.documents.version import Manifest
from headgate.ledger.canary import start_canary
from headgate.ledger.rollback import rollback
from headgate.settings import Settings
from headgate.store import Store
from serve.following.routing import falls_into
from tests.builders import an_act
from tests.serve.making import AREA, a_live_model, a_served_version, price, promoted
from tests.serve.running import running, until
from tests.serve.spoiling import spoil


def a_canary(store: Store, share: float) -> Manifest:
    manifest = a_served_version(store, "price", price(2))
    start_canary(store, "price", manifest.version, share, an_act(), override=True)
    return manifest


def asked(client: httpx.Client, key: str | None) -> str:
    headers = {"X-Routing-Key": key} if key else {}
    answer = client.post("/predict", json=AREA, headers=headers).json()
    slope = {"v0001": 1.0, "v0002": 2.0}[answer["version"]]
    assert answer["prediction"] == pytest.approx(slope)
    return str(answer["version"])


def canary_of(client: httpx.Client) -> object:
    return client.get("/models/price").json()["canary"]


def test_equal_keys_are_always_answered_by_the_same_version(
    settings: Settings, store: Store
) -> None:
    a_live_model(store, "price", price(1))
    a_canary(store, 0.5)
    keys = [f"user-{n}" for n in range(20)]
    seen = []

    for _ in range(2):
        with running(settings) as client:
            seen += [[asked(client, key) for key in keys] for _ in range(2)]

    expected = ["v0002" if falls_into(0.5, "price", "v0002", key) else "v0001" for key in keys]
    assert seen == [expected] * 4


def test_without_a_key_both_versions_answer(settings: Settings, store: Store) -> None:
    a_live_model(store, "price", price(1))
    a_canary(store, 0.5)

    with running(settings) as client:
        seen = Counter(asked(client, None) for _ in range(60))
        shown = canary_of(client)

    assert min(seen["v0001"], seen["v0002"]) > 10
    assert shown == {
        "version": "v0002",
        "share": 0.5,
        "loaded": True,
        "engine": "scikit-learn (not proven)",
    }


def test_a_batch_is_answered_by_one_version(settings: Settings, store: Store) -> None:
    a_live_model(store, "price", price(1))
    a_canary(store, 0.5)

    with running(settings) as client:
        answers = [
            client.post("/predict/batch", json=[AREA] * 5).json()["predictions"] for _ in range(20)
        ]

    assert all(len({row["version"] for row in rows}) == 1 for rows in answers)


def test_a_canary_starts_and_is_finished_without_a_restart(
    settings: Settings, store: Store
) -> None:
    a_live_model(store, "price", price(1))

    with running(settings) as client:
        manifest = a_canary(store, 0.999999)
        until(lambda: canary_of(client) is not None)
        during = Counter(asked(client, None) for _ in range(10))
        promoted(store, manifest)
        until(lambda: canary_of(client) is None)
        after = client.get("/models/price").json()

    assert during["v0002"] == 10
    assert (after["version"], after["champion"]) == ("v0002", "v0002")


def test_a_canary_that_is_taken_back_answers_nobody_any_more(
    settings: Settings, store: Store
) -> None:
    a_live_model(store, "price", price(1))
    a_canary(store, 0.999999)

    with running(settings) as client:
        before = asked(client, None)
        rollback(store, "price", an_act(), target="v0001")
        until(lambda: canary_of(client) is None)
        after = Counter(asked(client, None) for _ in range(10))

    assert before == "v0002"
    assert after == {"v0001": 10}


def test_while_a_canary_cannot_be_loaded_the_champion_answers_all_and_health_says_so(
    settings: Settings, store: Store
) -> None:
    a_live_model(store, "price", price(1))
    manifest = a_served_version(store, "price", price(2))
    spoil(store, manifest)
    start_canary(store, "price", manifest.version, 0.9, an_act(), override=True)

    with running(settings) as client:
        until(lambda: client.get("/health").json()["status"] == "degraded")
        seen = Counter(asked(client, None) for _ in range(20))
        health = client.get("/health/ready")
        ledger = client.get("/models/price/ledger").json()

    assert seen == {"v0001": 20}
    assert health.status_code == 200
    model = health.json()["models"][0]
    assert (model["canary"], model["canary_share"]) == ("v0002", 0.9)
    assert "The canary v0002 cannot be loaded" in model["problem"]
    assert ledger["notes"][0]["seq"] == 2
    assert ledger["notes"][0]["note"].startswith("served here instead: v0001.")


def test_a_pinned_version_has_no_canary(settings: Settings, store: Store) -> None:
    a_live_model(store, "price", price(1))
    a_canary(store, 0.999999)

    with running(settings.model_copy(update={"serve": ("price@v0001",)})) as client:
        seen = Counter(asked(client, None) for _ in range(10))

    assert seen == {"v0001": 10}
