"""The Open Inference Protocol: what it answers, and how it refuses what does not fit."""

from typing import Any

import httpx
import pytest

from headgate.ledger.canary import start_canary
from headgate.settings import Settings
from headgate.store import Store
from tests.builders import an_act
from tests.serve.making import FLOWER, a_live_model, a_served_version, price
from tests.serve.protocols.shapes import ModelSaid, ServerSaid, answered, error_of, infer
from tests.serve.running import running

Tensor = dict[str, Any]

LENGTH: Tensor = {"name": "length", "shape": [2], "datatype": "FP64", "data": [5.5, 1.0]}
PETALS: Tensor = {"name": "petals", "shape": [2], "datatype": "INT64", "data": [5, 3]}
COLOUR: Tensor = {"name": "colour", "shape": [2], "datatype": "BYTES", "data": ["red", "blue"]}
AREA: Tensor = {"name": "area", "shape": [2, 1], "datatype": "FP64", "data": [[1.0], [2.5]]}


def flowers(**changes: object) -> list[Tensor]:
    return [LENGTH | changes, PETALS, COLOUR]


def test_a_health_answer_is_its_code_alone(shop: httpx.Client) -> None:
    paths = ["health/live", "health/ready", "models/flower/ready", "models/flower/versions/1/ready"]

    replies = [shop.get(f"/v2/{path}") for path in paths]

    assert [(reply.status_code, reply.content) for reply in replies] == [(200, b"")] * 4


def test_a_server_without_its_models_is_live_but_not_ready(settings: Settings) -> None:
    with running(settings.model_copy(update={"serve": ("flower",)})) as client:
        live, ready = client.get("/v2/health/live"), client.get("/v2/health/ready")
        model = client.get("/v2/models/flower/ready")
        answer = infer(client, {"inputs": flowers()})

    assert (live.status_code, ready.status_code, ready.content) == (200, 503, b"")
    assert "flower" in error_of(model, 503)
    assert "flower" in error_of(answer, 503)
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize("path", ["/v2", "/v2/"])
def test_the_server_describes_itself(shop: httpx.Client, path: str) -> None:
    said = ServerSaid.model_validate_json(shop.get(path).content)

    assert (said.name, said.extensions) == ("headgate", ["binary_tensor_data"])


def test_a_model_lists_its_columns_and_its_answers(shop: httpx.Client) -> None:
    flower = ModelSaid.model_validate_json(shop.get("/v2/models/flower").content)
    price = ModelSaid.model_validate_json(shop.get("/v2/models/price").content)
    side = ModelSaid.model_validate_json(shop.get("/v2/models/side").content)

    assert [(t.name, t.datatype, t.shape) for t in flower.inputs] == [
        ("length", "FP64", [-1]),
        ("petals", "INT64", [-1]),
        ("colour", "BYTES", [-1]),
    ]
    common = ["flags", "prediction_id"]
    assert [t.name for t in flower.outputs] == ["predict", "label", "probabilities", *common]
    assert [t.name for t in price.outputs] == ["predict", *common]
    assert [t.name for t in side.outputs] == ["predict", "label", *common]


def test_rows_are_answered_as_predict_answers_them(shop: httpx.Client) -> None:
    rows = [FLOWER, {"length": 1.0, "petals": 3, "colour": "blue"}]
    expected = shop.post("/predict/batch", json=rows).json()["predictions"]

    said = answered(infer(shop, {"id": "7", "inputs": flowers()}))

    assert said.id == "7"
    assert said.data("predict") == said.data("label") == [e["label"] for e in expected]
    probabilities = [p for e in expected for p in e["probabilities"].values()]
    assert said.data("probabilities") == pytest.approx(probabilities)
    assert said.data("flags") == ["", ""]


def test_only_the_outputs_asked_for_are_answered_in_their_order(shop: httpx.Client) -> None:
    wanted = [{"name": "flags"}, {"name": "predict"}]

    said = answered(infer(shop, {"inputs": flowers(data=[99.0, 1.0]), "outputs": wanted}))

    assert [output.name for output in said.outputs] == ["flags", "predict"]
    assert said.data("flags") == ["length:out_of_range", ""]


@pytest.mark.parametrize(
    "tensor",
    [
        AREA,
        AREA | {"name": "input-0"},
        AREA | {"data": [1.0, 2.5]},
        AREA | {"shape": [2]} | {"data": [1.0, 2.5]},
        AREA | {"datatype": "FP32"},
    ],
    ids=["nested", "any name", "flat", "a list", "narrow"],
)
def test_numbers_are_taken_in_every_usual_form(shop: httpx.Client, tensor: Tensor) -> None:
    said = answered(infer(shop, {"inputs": [tensor]}, "price"))

    assert said.data("predict") == pytest.approx([1.0, 2.5])


@pytest.mark.parametrize("version", ["v0001", "1", "0001"])
def test_a_loaded_version_can_be_named(shop: httpx.Client, version: str) -> None:
    reply = shop.post(f"/v2/models/price/versions/{version}/infer", json={"inputs": [AREA]})

    assert answered(reply).model_version == "v0001"


def test_a_canary_can_be_named_beside_the_champion(settings: Settings, store: Store) -> None:
    a_live_model(store, "price", price(1))
    second = a_served_version(store, "price", price(2))
    start_canary(store, "price", second.version, 0.5, an_act(), override=True)

    with running(settings) as client:
        versions = client.get("/v2/models/price").json()["versions"]
        replies = [
            client.post(f"/v2/models/price/versions/{version}/infer", json={"inputs": [AREA]})
            for version in ("v0001", "v0002")
        ]

    first, other = map(answered, replies)
    assert versions == [first.model_version, other.model_version] == ["v0001", "v0002"]
    assert first.data("predict") == pytest.approx([1.0, 2.5])
    assert other.data("predict") == pytest.approx([2.0, 5.0])


@pytest.mark.parametrize("version", ["v0002", "latest", "0", "99999999999"])
def test_another_version_is_not_found(shop: httpx.Client, version: str) -> None:
    path = f"/v2/models/price/versions/{version}"

    assert "v0001" in error_of(shop.get(path), 404)
    assert "v0001" in error_of(shop.get(f"{path}/ready"), 404)
    assert "v0001" in error_of(shop.post(f"{path}/infer", json={"inputs": [AREA]}), 404)


def test_an_unknown_model_is_not_found(shop: httpx.Client) -> None:
    assert "nobody" in error_of(infer(shop, {"inputs": flowers()}, "nobody"), 404)
    assert "nobody" in error_of(shop.get("/v2/models/nobody"), 404)


WRONG: dict[str, tuple[object, str]] = {
    "not an object": ([1], "inference request"),
    "no inputs": ({}, "inputs"),
    "empty inputs": ({"inputs": []}, "inputs"),
    "a key nobody knows": ({"inputs": flowers(), "input": 1}, "input: "),
    "a datatype nobody knows": ({"inputs": flowers(datatype="FP128")}, "inputs.0.datatype"),
    "more elements than the shape": ({"inputs": flowers(data=[1.0] * 3)}, "length: holds 3"),
    "fewer rows than the others": ({"inputs": flowers(shape=[1], data=[1.0])}, "petals: has shape"),
    "three sides": ({"inputs": flowers(shape=[2, 1, 1])}, "length: has shape"),
    "a negative side": ({"inputs": flowers(shape=[-2])}, "length: has a negative side"),
    "far too many sides": ({"inputs": flowers(shape=[10**17] * 9)}, "length: has 9 sides"),
    "a huge side": ({"inputs": flowers(shape=[int("9" * 4000)])}, "length: has a side of more"),
    "huge sides": ({"inputs": flowers(shape=[2**31 - 1] * 8)}, "length: holds 2"),
    "lists otherwise than the shape": (
        {"inputs": [AREA | {"shape": [2, 2], "data": [[1.0], [2.0, 3.0, 4.0]]}]},
        "area: is nested otherwise",
    ),
    "no shape": ({"inputs": flowers(shape=[])}, "inputs.0.shape"),
    "no rows": ({"inputs": flowers(shape=[0], data=[])}, "petals: has shape"),
    "no data": ({"inputs": [{k: v for k, v in LENGTH.items() if k != "data"}]}, "needs either"),
    "text for numbers": ({"inputs": flowers(data=["5.5", "1"])}, "length: holds an element"),
    "BYTES for a number": (
        {"inputs": flowers(datatype="BYTES", data=["5.5", "1"])},
        "length: is BYTES",
    ),
    "numbers for a category": (
        {"inputs": [LENGTH, PETALS, COLOUR | {"datatype": "INT64", "data": [1, 2]}]},
        "colour: is INT64",
    ),
    "a number out of its width": (
        {"inputs": [LENGTH, PETALS | {"datatype": "INT8", "data": [5, 300]}, COLOUR]},
        "petals: holds an element",
    ),
    "lists beside elements": ({"inputs": flowers(data=[[5.5], 1.0])}, "length: is nested"),
    "a column nobody knows": ({"inputs": [*flowers(), LENGTH | {"name": "width"}]}, "width: is no"),
    "a column twice": ({"inputs": [*flowers(), LENGTH]}, "length: is there more than once"),
    "a column too few": ({"inputs": [LENGTH, PETALS]}, "rows.0.colour: is missing"),
    "an output nobody knows": ({"inputs": flowers(), "outputs": [{"name": "x"}]}, "x: is no"),
    "an output twice": (
        {"inputs": flowers(), "outputs": [{"name": "label"}, {"name": "label"}]},
        "label: is no",
    ),
    "infinity": ({"inputs": flowers(data=[1.0, float("inf")])}, "rows.1.length"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_refused_and_named(shop: httpx.Client, name: str) -> None:
    body, words = WRONG[name]

    assert words in error_of(infer(shop, body))


@pytest.mark.parametrize(
    ("shape", "words"),
    [([10_001, 1], "10001 rows"), ([0, 1], "0 rows"), ([1, 2], "has 2 columns, not 1")],
    ids=["too many rows", "no rows", "too wide"],
)
def test_a_matrix_of_another_size_is_refused(
    shop: httpx.Client, shape: list[int], words: str
) -> None:
    tensor = AREA | {"name": "x", "shape": shape, "data": [1.0] * (shape[0] * shape[1])}

    assert words in error_of(infer(shop, {"inputs": [tensor]}, "price"))


def test_refused_rows_are_named_by_place_and_column_but_not_by_what_they_hold(
    shop: httpx.Client,
) -> None:
    inputs = [LENGTH, PETALS | {"data": [5, 77]}, COLOUR | {"data": ["secret", "red"]}]

    said = error_of(infer(shop, {"inputs": inputs}))

    assert "2 of the 2 rows" in said
    assert "rows.0.colour" in said
    assert "rows.1.petals" in said
    assert "secret" not in said
    assert "77" not in said


def test_a_refusal_of_thousands_of_rows_stays_small(shop: httpx.Client) -> None:
    n = 5000
    inputs = [
        LENGTH | {"shape": [n], "data": [1.0] * n},
        PETALS | {"shape": [n], "data": [99] * n},
        COLOUR | {"shape": [n], "data": ["x" * 50] * n},
    ]

    assert "and 9980 more" in error_of(infer(shop, {"inputs": inputs}))


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Content-Type": "text/csv"}, 415),
        ({"Content-Type": "application/json", "Content-Encoding": "br"}, 415),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, 400),
        ({"Inference-Header-Content-Length": "99999"}, 400),
        ({"Inference-Header-Content-Length": "-1"}, 400),
        ({"Inference-Header-Content-Length": "x"}, 400),
        ({"Inference-Header-Content-Length": "0"}, 400),
    ],
    ids=["csv", "br", "not gzip", "too long", "negative", "no number", "nothing"],
)
def test_a_body_that_is_not_what_its_headers_say_is_refused(
    shop: httpx.Client, headers: dict[str, str], code: int
) -> None:
    reply = shop.post("/v2/models/flower/infer", content=b'{"inputs": []}', headers=headers)

    assert error_of(reply, code)


def test_paths_there_are_none_of_are_refused_in_the_protocols_form(shop: httpx.Client) -> None:
    assert "/v2/repository/index" in error_of(shop.post("/v2/repository/index"), 404)
    assert "GET" in error_of(shop.post("/v2/health/live"), 405)
