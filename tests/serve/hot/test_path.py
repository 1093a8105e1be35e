"""The short way and the routes answer the same; the answers are those of the models."""

import json
import re
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter

from serve.answering.answers import BatchAnswer, ClassAnswer, NumberAnswer, RankedAnswer
from tests.serve.making import FLOWER
from tests.serve.refusing import JSON

AREA = {"area": 2.5}
SHAPES: dict[str, TypeAdapter[Any]] = {
    "/predict": TypeAdapter(ClassAnswer),
    "/models/side/predict": TypeAdapter(ClassAnswer),
    "/models/price/predict": TypeAdapter(NumberAnswer),
    "/predict/batch": TypeAdapter(BatchAnswer),
    "/models/price/predict/batch": TypeAdapter(BatchAnswer),
    "/predict/top-k": TypeAdapter(RankedAnswer),
}
# A query nobody knows is not looked at, but only the routes take one.
BY_ROUTE = {"by": "route"}
CHANGING = re.compile(r'"(prediction_id|latency_ms)":("[^"]*"|[0-9.e-]+)')


def body_of(path: str) -> Any:
    row = AREA if "/price/" in path or "/side/" in path else FLOWER
    return [row, row | {"more": 1}] if path.endswith("batch") else row


def both(shop: httpx.Client, path: str, content: bytes) -> tuple[httpx.Response, httpx.Response]:
    """Return the answers of the short way and of the route."""
    hot = shop.post(path, content=content, headers=JSON)
    route = shop.post(path, content=content, headers=JSON, params=BY_ROUTE)
    return hot, route


def lasting(reply: httpx.Response) -> str:
    return CHANGING.sub("", reply.text)


@pytest.mark.parametrize("path", SHAPES)
def test_an_answer_is_exactly_what_its_model_describes(shop: httpx.Client, path: str) -> None:
    reply = shop.post(path, json=body_of(path))

    shape = SHAPES[path]
    parsed = shape.validate_json(reply.content, strict=True)
    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == "application/json"
    assert json.loads(shape.dump_json(parsed)) == reply.json()


BODIES = {
    "a row": json.dumps(FLOWER).encode(),
    "a row out of range": json.dumps(FLOWER | {"length": 99}).encode(),
    "rows": json.dumps({"instances": [FLOWER, {}]}).encode(),
    "bare rows": json.dumps([FLOWER, FLOWER | {"petals": 5.0}]).encode(),
    "no rows": b"[]",
    "wrong rows": json.dumps([{}, FLOWER | {"more": 1}]).encode(),
    "too many rows": json.dumps([1] * 10_001).encode(),
    "a wrong row": json.dumps(FLOWER | {"petals": "five", "more": 1}).encode(),
    "NaN": json.dumps(FLOWER | {"length": float("nan")}).encode(),
    "a key twice": b'{"length": 1, "length": 2}',
    "no JSON": b"length=1",
    "nothing": b"",
    "half a surrogate pair": b'{"\\ud800": 1}',
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize(
    "path", ["/predict", "/predict/batch", "/predict/top-k", "/models/price/predict"]
)
def test_the_route_answers_the_same(shop: httpx.Client, path: str, name: str) -> None:
    hot, route = both(shop, path, BODIES[name])

    assert hot.status_code == route.status_code
    assert lasting(hot) == lasting(route)
    assert {*hot.headers} == {*route.headers}


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/models/nobody/predict", 404),
        ("/models/price/predict/top-k", 409),
        ("/models/side/predict/top-k", 409),
    ],
)
def test_the_route_refuses_the_same(shop: httpx.Client, path: str, code: int) -> None:
    hot, route = both(shop, path, json.dumps(AREA).encode())

    assert hot.status_code == route.status_code == code
    assert hot.text == route.text


def test_more_classes_than_there_are_are_refused(shop: httpx.Client) -> None:
    reply = shop.post("/predict/top-k", json=FLOWER, params={"k": 4})

    assert reply.status_code == 422
    assert [field["field"] for field in reply.json()["fields"]] == ["k"]


def test_a_body_that_comes_in_pieces_is_put_together(shop: httpx.Client) -> None:
    body = json.dumps(FLOWER).encode()
    headers = JSON | {"Content-Length": str(len(body))}

    reply = shop.post("/predict", content=iter([body[:10], body[10:]]), headers=headers)

    assert reply.status_code == 200


def test_the_callers_request_id_comes_back_with_answers_and_refusals(shop: httpx.Client) -> None:
    headers = {"X-Request-ID": "mine-7"}

    answered = shop.post("/predict", json=FLOWER, headers=headers)
    refused = shop.post("/predict", json={}, headers=headers)

    assert answered.headers["X-Request-ID"] == refused.headers["X-Request-ID"] == "mine-7"


COUNTED = re.compile(
    r'request_count\{endpoint="/predict",model_name="flower",status="200"\} ([0-9.]+)'
)


def test_metrics_count_what_was_just_answered(shop: httpx.Client) -> None:
    shop.post("/predict", json=FLOWER)
    before = COUNTED.findall(shop.get("/metrics").text)
    for _ in range(3):
        shop.post("/predict", json=FLOWER)

    after = COUNTED.findall(shop.get("/metrics").text)

    assert [float(count) for count in after] == [float(count) + 3 for count in before]
    assert len(after) == 1
