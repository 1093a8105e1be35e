"""What browsers and proxies are told: safe headers everywhere, other origins and paths if set."""

import re
from collections.abc import Iterator

import httpx
import pytest

from headgate.settings import Settings
from tests.serve.making import FLOWER
from tests.serve.running import running

PAGE = "https://shop.example"


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("POST", "/predict", 200),
        ("POST", "/predict/batch", 422),
        ("POST", "/invocations", 400),
        ("GET", "/health", 200),
        ("GET", "/metrics", 200),
        ("GET", "/models", 200),
        ("GET", "/openapi.json", 200),
        ("GET", "/docs", 200),
        ("GET", "/nothing/here", 404),
        ("DELETE", "/predict", 405),
    ],
)
def test_every_answer_tells_browsers_to_be_careful(
    shop: httpx.Client, method: str, path: str, code: int
) -> None:
    reply = shop.request(method, path, json=FLOWER if method == "POST" else None)

    assert reply.status_code == code
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["X-Frame-Options"] == "DENY"
    assert reply.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert reply.headers["Cache-Control"] == "no-store"
    assert "Server" not in reply.headers
    repeated = [name for name, _ in reply.headers.multi_items()]
    assert len(repeated) == len(set(repeated))


def test_the_page_may_load_what_it_needs_and_nothing_else(shop: httpx.Client) -> None:
    page = shop.get("/docs")
    policy = page.headers["Content-Security-Policy"]

    assert "script-src 'self'" in policy
    for asset in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        reply = shop.get(f"/{asset}")
        assert reply.status_code == 200
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert shop.get("/static-docs/swagger-ui.css").headers["Cache-Control"] == "max-age=3600"


def test_pages_of_other_origins_are_let_in_only_if_they_are_named(
    shop: httpx.Client, shop_settings: Settings
) -> None:
    asks = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
    other = asks | {"Origin": "https://elsewhere.example"}
    closed = shop.options("/predict", headers=asks), shop.post("/predict", json=FLOWER)

    with running(shop_settings.model_copy(update={"cors_origins": (PAGE,)})) as client:
        asked = client.options(
            "/predict", headers=asks | {"Access-Control-Request-Headers": "x-api-key"}
        )
        refused = client.options("/predict", headers=other)
        answered = client.post("/predict", json=FLOWER, headers={"Origin": PAGE})

    assert not any("access-control-allow-origin" in reply.headers for reply in closed)
    assert (asked.status_code, answered.status_code) == (200, 200)
    assert asked.headers["Access-Control-Allow-Origin"] == PAGE
    assert answered.headers["Access-Control-Allow-Origin"] == PAGE
    assert "access-control-allow-origin" not in refused.headers


@pytest.fixture(scope="module")
def mounted(shop_settings: Settings) -> Iterator[httpx.Client]:
    with running(shop_settings.model_copy(update={"root_path": "/ml/gate"})) as client:
        yield client


@pytest.mark.parametrize("prefix", ["", "/ml/gate"], ids=["cut by the proxy", "left by the proxy"])
def test_behind_a_path_everything_is_found_and_every_link_is_right(
    mounted: httpx.Client, prefix: str
) -> None:
    body = {"model": "flower", "instances": [FLOWER]}

    answer = mounted.post(f"{prefix}/predict", json=FLOWER)
    accepted = mounted.post(f"{prefix}/infer", json=body)
    run_id = accepted.json()["run_id"]
    pending = mounted.get(f"{prefix}/results/{run_id}")
    root = mounted.get(f"{prefix}/", headers={"Accept": "text/html"})
    document = mounted.get(f"{prefix}/openapi.json").json()

    assert answer.status_code == 200
    assert accepted.headers["Location"] == f"/ml/gate/status/{run_id}"
    assert accepted.json()["status_url"] == accepted.headers["Location"]
    assert accepted.json()["result_url"] == f"/ml/gate/results/{run_id}"
    assert pending.headers["Location"] == f"/ml/gate/status/{run_id}"
    assert root.headers["Location"] == "/ml/gate/docs"
    assert mounted.get(f"{prefix}/").json()["docs"] == "/ml/gate/docs"
    assert mounted.get(f"{prefix}/models/flower").json()["url"] == "/ml/gate/models/flower"
    assert document["servers"] == [{"url": "/ml/gate"}]
    assert "/models/flower/predict" in document["paths"]
    assert mounted.get(f"{prefix}/docs").status_code == 200


def test_a_path_that_only_begins_alike_is_not_ours(mounted: httpx.Client) -> None:
    assert mounted.get("/ml/gatekeeper/health").status_code == 404
