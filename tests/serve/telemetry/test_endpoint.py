"""``GET /metrics`` of a real server, and who may look."""

import math
from collections.abc import Iterator

import httpx
import pytest

from headgate.api_keys import ApiKey, Grant, Role, digest_of
from headgate.inference.markers import pending
from headgate.settings import Settings
from headgate.store import open_store
from tests.serve.conftest import settings_for
from tests.serve.making import AREA, FLOWER
from tests.serve.running import running, until
from tests.serve.telemetry.reading import KeptLines, samples, total

SECRETS: dict[Role, str] = {role: f"secret-of-{role}" for role in ("predict", "operate", "approve")}
LIMITED = "secret-of-one-model-only"


@pytest.fixture(scope="module")
def log() -> KeptLines:
    """What the guarded server says about its requests."""
    return KeptLines()


@pytest.fixture(scope="module")
def guarded(
    tmp_path_factory: pytest.TempPathFactory, closed_port: int, log: KeptLines
) -> Iterator[httpx.Client]:
    grants = [(secret, Grant(role=role)) for role, secret in SECRETS.items()]
    grants.append((LIMITED, Grant(role="predict", model="flower")))
    keys = tuple(
        ApiKey(name=f"key{i}", grants=(grant,), sha256=digest_of(secret))
        for i, (secret, grant) in enumerate(grants)
    )
    settings = settings_for(tmp_path_factory.mktemp("guarded"), closed_port)
    with running(settings.model_copy(update={"api_keys": keys}), log) as client:
        yield client


def test_what_was_asked_is_counted(shop: httpx.Client) -> None:
    before = shop.get("/metrics").text
    for _ in range(3):
        shop.post("/models/flower/predict", json=FLOWER)
    shop.post("/models/nothing_of_that_name/predict", json=FLOWER)

    def more(name: str, **labels: str) -> float:
        return total(answer.text, name, **labels) - total(before, name, **labels)

    answer = shop.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert more("request_count", endpoint="/models/{model}/predict", model_name="flower") == 3
    assert more("request_count", endpoint="/models/{model}/predict", status="404") == 1
    assert more("predictions_total", model="flower", version="v0001") == 3
    assert more("request_latency_seconds_count", model_name="flower") == 3
    assert "nothing_of_that_name" not in answer.text


def test_the_rows_of_a_batch_are_counted_apart_from_its_request(shop: httpx.Client) -> None:
    before = shop.get("/metrics").text
    wrong = FLOWER | {"petals": 99}

    shop.post("/models/flower/predict/batch", json=[FLOWER, FLOWER, wrong])
    shop.post("/models/price/predict", json={"area": 2.0})

    after = shop.get("/metrics").text
    flowers = [total(text, "predictions_total", model="flower") for text in (before, after)]
    prices = [total(text, "predictions_total", model="price", label="") for text in (before, after)]
    assert (flowers[1] - flowers[0], prices[1] - prices[0]) == (2, 1)


def test_the_live_models_are_shown(shop: httpx.Client) -> None:
    text = shop.get("/metrics").text

    assert total(text, "model_info", model="flower", version="v0001", role="champion") == 1
    assert total(text, "model_proven", model="flower", engine="scikit-learn") == 0
    assert "model_proven{" in text
    assert total(text, "model_loads_total", model="flower", result="loaded") == 1
    assert total(text, "model_swaps_total", model="flower") == 1


def test_the_queue_is_counted_in_the_background(
    shop: httpx.Client, shop_settings: Settings
) -> None:
    def depth() -> float:
        return samples(shop.get("/metrics").text).get("queue_depth", math.nan)

    def waiting() -> set[str]:
        return {marker.run_id for marker in pending(open_store(shop_settings.store_url))}

    # The count lags behind what other tests have asked of this server, and what of it has ended.
    until(lambda: depth() == len(waiting()))

    # Nothing takes it up here: Prefect is away.
    answer = shop.post("/infer", json={"model": "price", "instances": [AREA]})
    assert answer.status_code == 202

    assert answer.json()["run_id"] in waiting()
    until(lambda: depth() == len(waiting()))


def test_every_answer_has_an_id(shop: httpx.Client) -> None:
    answers = [shop.get(path) for path in ("/health", "/metrics", "/models", "/no/such/path")]

    ids = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("secret", "status"),
    [
        (SECRETS["predict"], 200),
        (SECRETS["operate"], 200),
        (SECRETS["approve"], 403),
        (LIMITED, 403),
        ("another-secret", 401),
    ],
)
def test_with_keys_whoever_may_predict_or_operate_for_all_models_may_look(
    guarded: httpx.Client, secret: str, status: int
) -> None:
    assert guarded.get("/metrics", headers={"X-API-Key": secret}).status_code == status


def test_a_callers_name_is_logged_and_never_its_key(guarded: httpx.Client, log: KeptLines) -> None:
    guarded.get("/models", headers={"X-API-Key": SECRETS["predict"], "X-Request-ID": "named"})
    guarded.get("/health", headers={"X-Request-ID": "after"})

    assert '"caller":"key0"' in next(line for line in log.lines if "named" in line)
    assert SECRETS["predict"] not in "".join(log.lines)
