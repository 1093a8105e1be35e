"""MLflow's scoring protocol: the forms it takes, and refusals that repeat nothing of the data."""

import json
from typing import Any

import httpx
import pytest

from headgate.settings import Settings
from tests.serve.making import FLOWER
from tests.serve.running import running

ROW = ["red", 5.5, 5]
SPLIT = {"columns": ["colour", "length", "petals"], "index": [3, 4], "data": [ROW, ROW]}


def invoke(client: httpx.Client, body: object, model: str = "flower") -> httpx.Response:
    content, headers = json.dumps(body), {"Content-Type": "application/json"}
    return client.post(f"/models/{model}/invocations", content=content, headers=headers)


def message_of(reply: httpx.Response, code: int = 400) -> str:
    assert reply.status_code == code, reply.text
    error: dict[str, str] = reply.json()
    assert error.keys() == {"error_code", "message"}
    assert error["error_code"].isupper()
    return error["message"]


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_records": [FLOWER, FLOWER]},
        {"dataframe_split": SPLIT},
        {"dataframe_split": {"data": [[5.5, 5, "red"]] * 2}},
        {"instances": [FLOWER, FLOWER]},
        {"instances": [[5.5, 5, "red"]] * 2},
        {"inputs": {"length": [5.5, 5.5], "petals": [[5], [5]], "colour": ["red", "red"]}},
        {"inputs": [[5.5, 5, "red"]] * 2, "params": {}},
    ],
    ids=["records", "split", "bare split", "instances", "lists", "inputs", "input lists"],
)
def test_every_form_of_the_same_rows_gets_the_same_answer(
    shop: httpx.Client, body: dict[str, Any]
) -> None:
    reply = invoke(shop, body)

    assert reply.status_code == 200
    assert reply.json() == {"predictions": ["iris", "iris"]}


def test_plain_values_are_the_rows_of_a_single_column(shop: httpx.Client) -> None:
    predictions = invoke(shop, {"instances": [1.0, 2.5]}, "price").json()["predictions"]

    assert predictions == pytest.approx([1.0, 2.5])


def test_the_default_model_answers_at_the_root(shop: httpx.Client) -> None:
    reply = shop.post("/invocations", json={"instances": [FLOWER]})

    assert reply.json() == {"predictions": ["iris"]}


def test_csv_is_read_by_the_columns_types(shop: httpx.Client) -> None:
    table = "petals,colour,length\n5, red ,5.5\n3,blue,1\n"

    reply = shop.post("/invocations", content=table, headers={"Content-Type": "text/csv"})

    assert reply.json() == {"predictions": ["iris", "aster"]}


WRONG: dict[str, tuple[object, str]] = {
    "a list": ([FLOWER], "must be an object"),
    "nothing": ({}, "body: has 0 of them"),
    "two forms": ({"instances": [FLOWER], "inputs": [FLOWER]}, "body: has 2 of them"),
    "another key": ({"instances": [FLOWER], "rows": []}, "rows: is not known"),
    "parameters": ({"instances": [FLOWER], "params": {"k": 3}}, "params: is not taken"),
    "no rows": ({"instances": []}, "0 rows"),
    "too many rows": ({"instances": [FLOWER] * 10_001}, "10001 rows"),
    "records that are lists": ({"dataframe_records": [[1]]}, "dataframe_records"),
    "instances that are an object": ({"instances": FLOWER}, "instances: is no list"),
    "a split of another form": ({"dataframe_split": {"rows": []}}, "dataframe_split"),
    "a split with a column twice": (
        {"dataframe_split": {"columns": ["length"] * 2, "data": [[1, 2]]}},
        "dataframe_split",
    ),
    "a short row": ({"dataframe_split": SPLIT | {"data": [ROW, ROW[:2]]}}, "rows.1: has 2 values"),
    "a row that is none": ({"dataframe_split": SPLIT | {"data": [ROW, 5]}}, "rows.1: has no list"),
    "inputs of two lengths": (
        {"inputs": {"length": [1, 2], "petals": [5], "colour": ["red"]}},
        "petals: has another number",
    ),
    "a column nobody knows": ({"instances": [FLOWER | {"width": 1}]}, "width: is not a column"),
    "a column too few": ({"inputs": {"length": [1]}}, "rows.0.petals: is missing"),
    "NaN where nothing may be missing": (
        {"instances": [FLOWER, FLOWER | {"length": float("nan")}]},
        "rows.1.length: is missing",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_refused_and_named(shop: httpx.Client, name: str) -> None:
    body, words = WRONG[name]

    assert words in message_of(invoke(shop, body))


def test_a_refusal_repeats_nothing_of_the_data(shop: httpx.Client) -> None:
    said = message_of(invoke(shop, {"instances": [FLOWER | {"colour": "secret", "petals": 77}]}))

    assert "rows.0.colour" in said
    assert "rows.0.petals" in said
    assert "secret" not in said
    assert "77" not in said


def test_many_unknown_columns_are_refused_before_they_cost_anything(shop: httpx.Client) -> None:
    rows = [{f"c{i * 50 + j}": 1 for j in range(50)} for i in range(2000)]

    said = message_of(invoke(shop, {"dataframe_records": rows}))

    assert "and 99980 more" in said
    assert len(said) < 3000


@pytest.mark.parametrize(
    ("path", "content", "kind", "code", "name"),
    [
        ("/models/nobody/invocations", b"{}", "application/json", 404, "RESOURCE_DOES_NOT_EXIST"),
        ("/invocations", b"{", "application/json", 400, "BAD_REQUEST"),
        ("/invocations", b"a\n1\n", "text/plain", 415, "BAD_REQUEST"),
        ("/invocations", b"length\n1,2\n", "text/csv", 400, "INVALID_PARAMETER_VALUE"),
        ("/invocations", b'length\n"1\n', "text/csv", 400, "BAD_REQUEST"),
        ("/invocations", b"", "text/csv", 400, "BAD_REQUEST"),
    ],
    ids=["unknown model", "not JSON", "another type", "torn", "open quote", "empty"],
)
def test_a_body_that_cannot_be_read_is_refused_in_the_same_form(
    shop: httpx.Client, path: str, content: bytes, kind: str, code: int, name: str
) -> None:
    reply = shop.post(path, content=content, headers={"Content-Type": kind})

    assert message_of(reply, code)
    assert reply.json()["error_code"] == name


def test_ping_and_invocations_say_when_the_server_is_not_ready(settings: Settings) -> None:
    with running(settings.model_copy(update={"serve": ("flower",)})) as client:
        ping, answer = client.get("/ping"), client.post("/invocations", json={"instances": []})

    assert message_of(ping, 503)
    assert message_of(answer, 503)
    assert answer.json()["error_code"] == "TEMPORARILY_UNAVAILABLE"


def test_ping_and_version_are_plain_text(shop: httpx.Client) -> None:
    ping, version = shop.get("/ping"), shop.get("/version")

    assert (ping.status_code, ping.text) == (200, "\n")
    assert version.headers["Content-Type"].startswith("text/plain")
