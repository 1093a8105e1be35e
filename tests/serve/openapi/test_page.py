"""The page and the document: everything from this server, and the contracts that are live."""

import re
from typing import Any

import httpx
import pytest

from headgate.settings import Settings
from headgate.store import Store
from serve.openapi.schema import to_schema_30
from tests.serve.making import FLOWER, a_live_model, price
from tests.serve.running import running, until


@pytest.fixture(scope="module")
def document(shop: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = shop.get("/openapi.json").json()
    return found


def test_the_page_loads_nothing_from_elsewhere(shop: httpx.Client) -> None:
    page = shop.get("/docs")

    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert page.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert len(links) == 4
    assert all(link.startswith("static-docs/") for link in links)
    assert {shop.get(f"/{link}").status_code for link in links} == {200}


@pytest.mark.parametrize("path", ["/static-docs/../app.py", "/static-docs/index.html"])
def test_no_other_file_is_sent(shop: httpx.Client, path: str) -> None:
    assert shop.get(path).status_code == 404


def test_the_document_has_a_form_that_the_page_can_show(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.0.")
    assert "'null'" not in str(document)
    assert "'const'" not in str(document)


def test_every_reference_in_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    references = set(re.findall(r"#/components/schemas/([A-Za-z0-9_]+)", str(document)))

    assert references <= document["components"]["schemas"].keys()
    assert "flower_v0001" in references


def test_operation_ids_are_unique(document: dict[str, Any]) -> None:
    ids = [o["operationId"] for path in document["paths"].values() for o in path.values()]

    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("path", ["/models/flower/predict", "/predict"])
def test_a_live_models_path_shows_its_contract_and_a_body_to_try(
    shop: httpx.Client, document: dict[str, Any], path: str
) -> None:
    content = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    schema = document["components"]["schemas"]["flower_v0001"]

    assert content["schema"] == {"$ref": "#/components/schemas/flower_v0001"}
    assert schema["required"] == ["length", "petals", "colour"]
    assert schema["properties"]["colour"]["enum"] == ["blue", "red"]
    assert content["example"].keys() == FLOWER.keys()
    assert shop.post(path, json=content["example"]).status_code == 200


def test_every_path_of_the_service_is_described(document: dict[str, Any]) -> None:
    assert document["paths"].keys() >= {
        "/predict",
        "/predict/batch",
        "/predict/top-k",
        "/models",
        "/models/{model}",
        "/models/{model}/ledger",
        "/models/{model}/predict",
        "/model/info",
        "/health",
        "/health/live",
        "/health/ready",
        "/infer",
        "/infer/{run_id}",
        "/infer/{run_id}/retry",
        "/status/{run_id}",
        "/results/{run_id}",
        "/runs/{flow}",
        "/v2",
        "/v2/health/live",
        "/v2/health/ready",
        "/v2/models/{model}",
        "/v2/models/{model}/ready",
        "/v2/models/{model}/infer",
        "/v2/models/{model}/versions/{version}/infer",
        "/invocations",
        "/models/{model}/invocations",
        "/ping",
        "/version",
    }


def test_every_other_body_of_a_call_is_described(document: dict[str, Any]) -> None:
    def kinds(path: str) -> list[str]:
        return list(document["paths"][path]["post"]["requestBody"]["content"])

    assert kinds("/models/flower/predict") == ["application/json"]
    assert kinds("/models/flower/predict/batch") == ["application/json", "text/csv"]
    assert kinds("/models/{model}/predict") == ["application/json", "text/plain", "image/png"]
    assert "text/csv" in document["paths"]["/predict"]["post"]["responses"]["200"]["content"]


@pytest.mark.parametrize("path", ["/v2/models/{model}/infer", "/models/{model}/invocations"])
def test_other_protocols_show_a_body_to_try_for_every_model(
    shop: httpx.Client, document: dict[str, Any], path: str
) -> None:
    content = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]

    assert content["examples"].keys() == {"flower", "price", "side"}
    for model, example in content["examples"].items():
        reply = shop.post(path.replace("{model}", model), json=example["value"])
        assert reply.status_code == 200


def test_top_k_says_how_many_classes_there_are(document: dict[str, Any]) -> None:
    for path in ("/predict/top-k", "/models/flower/predict/top-k"):
        parameters = document["paths"][path]["post"]["parameters"]
        (k,) = [p["schema"] for p in parameters if p["name"] == "k"]
        assert k == {"type": "integer", "minimum": 1, "maximum": 3}


def test_only_what_a_model_can_do_is_shown_for_it(document: dict[str, Any]) -> None:
    assert "/models/flower/predict/top-k" in document["paths"]
    assert "/models/price/predict/batch" in document["paths"]
    assert "/models/price/predict/top-k" not in document["paths"]


def test_the_document_follows_a_promotion(settings: Settings, store: Store) -> None:
    a_live_model(store, "price", price(1))

    with running(settings) as client:
        a_live_model(store, "price", price(2))
        until(lambda: "price_v0002" in client.get("/openapi.json").text)


@pytest.mark.parametrize(
    ("schema", "older"),
    [
        (
            {"type": ["string", "null"], "enum": ["a", None]},
            {"type": "string", "nullable": True, "enum": ["a", None]},
        ),
        ({"const": "a"}, {"enum": ["a"]}),
        (
            {"anyOf": [{"$ref": "#/x"}, {"type": "null"}]},
            {"allOf": [{"$ref": "#/x"}], "nullable": True},
        ),
        (
            {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "null"}]},
            {"anyOf": [{"type": "string"}, {"type": "number"}], "nullable": True},
        ),
        (
            {"type": "number", "exclusiveMinimum": 0},
            {"type": "number", "minimum": 0, "exclusiveMinimum": True},
        ),
        (
            {"properties": {"const": {"const": 1}, "examples": {"type": "string"}}},
            {"properties": {"const": {"enum": [1]}, "examples": {"type": "string"}}},
        ),
        ({"default": {"const": 1}, "example": {"examples": [2]}},) * 2,
    ],
    ids=str,
)
def test_a_schema_is_said_in_the_older_words(schema: dict[str, Any], older: dict[str, Any]) -> None:
    assert to_schema_30(schema) == older


def test_the_root_sends_a_browser_to_the_page(shop: httpx.Client) -> None:
    reply = shop.get("/", headers={"Accept": "text/html,*/*;q=0.8"})

    assert reply.status_code == 307
    assert shop.get(reply.headers["Location"]).status_code == 200


def test_the_root_tells_a_program_where_everything_is(shop: httpx.Client) -> None:
    answer = shop.get("/").json()

    assert answer.keys() == {"name", "version", "docs", "openapi", "models"}
    assert {shop.get(answer[n]).status_code for n in ("docs", "openapi", "models")} == {200}
