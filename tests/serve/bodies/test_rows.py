"""Rows in other bodies than JSON: plain text, a PNG, CSV and compressed ones."""

import base64
import gzip
import json
import zlib
from collections.abc import Callable

import httpx
import pytest

from tests.serve.builtin import Five
from tests.serve.making import FLOWER
from tests.serve.refusing import JSON, named, refusal

CSV = {"Content-Type": "text/csv"}
TABLE = "colour,petals,length\r\nred,5,5.5\r\nblue,3, 1 \r\n"


def test_a_text_is_sent_as_it_is_to_a_model_of_texts(five: Five) -> None:
    text = str(five.models["sentiment"].rows[0]["text"])
    expected = five.client.post("/models/sentiment/predict", json={"text": text}).json()

    for kind in ("text/plain", "text/plain; charset=utf-8"):
        reply = five.client.post(
            "/models/sentiment/predict", content=text.encode(), headers={"Content-Type": kind}
        )

        assert reply.json()["probabilities"] == expected["probabilities"]


def test_a_picture_is_sent_as_it_is_to_a_model_of_pictures(five: Five) -> None:
    picture = str(five.models["digits"].rows[0]["image_b64"])
    expected = five.client.post("/models/digits/predict", json={"image_b64": picture}).json()

    reply = five.client.post(
        "/models/digits/predict",
        content=base64.b64decode(picture),
        headers={"Content-Type": "image/png"},
    )

    assert reply.json()["probabilities"] == expected["probabilities"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/predict", "text/plain"),
        ("/predict", "image/png"),
        ("/models/sentiment/predict", "image/png"),
        ("/models/digits/predict", "text/plain"),
        ("/models/digits/predict", "image/jpeg"),
        ("/models/sentiment/predict", "text/plain; charset=latin-1"),
        ("/models/sentiment/predict", "text/html"),
        ("/predict/batch", "text/plain"),
        ("/models/iris/predict", "text/csv"),
    ],
)
def test_a_body_of_a_kind_the_model_does_not_take_is_refused(
    five: Five, path: str, kind: str
) -> None:
    reply = five.client.post(path, content=b"abc", headers={"Content-Type": kind})

    assert reply.status_code == 415
    assert "Send" in refusal(reply)["detail"]


@pytest.mark.parametrize(
    ("path", "kind", "content", "code", "field"),
    [
        ("/models/sentiment/predict", "text/plain", b"\xff", 400, "body"),
        ("/models/sentiment/predict", "text/plain", b"x" * 5001, 422, "text"),
        ("/models/digits/predict", "image/png", b"\x89PNG", 422, "image_b64"),
        ("/models/digits/predict", "image/png", b"", 422, "image_b64"),
    ],
    ids=["not UTF-8", "too long", "torn", "empty"],
)
def test_a_text_or_picture_that_is_none_is_refused(
    five: Five, path: str, kind: str, content: bytes, code: int, field: str
) -> None:
    reply = five.client.post(path, content=content, headers={"Content-Type": kind})

    assert (reply.status_code, named(reply)) == (code, {field})


def test_a_batch_is_taken_as_csv_with_the_columns_in_any_order(shop: httpx.Client) -> None:
    rows = [FLOWER, {"length": 1.0, "petals": 3, "colour": "blue"}]
    expected = shop.post("/predict/batch", json=rows).json()["predictions"]

    reply = shop.post("/predict/batch", content=TABLE, headers=CSV)

    predictions = reply.json()["predictions"]
    assert [p["probabilities"] for p in predictions] == [e["probabilities"] for e in expected]


def test_a_wrong_line_of_a_csv_is_refused_in_its_place(shop: httpx.Client) -> None:
    table = TABLE + 'green,five,""\n'

    reply = shop.post("/predict/batch", content=table, headers=CSV)

    third = reply.json()["predictions"][2]
    assert [f["field"] for f in third["fields"]] == ["length", "petals", "colour"]


@pytest.mark.parametrize(
    ("table", "code", "field"),
    [
        (b"", 400, "body"),
        (b"\xff\xfe", 400, "body"),
        (b'colour\n"red\n', 400, "body"),
        (b"length,petals\n1,2,3\n", 422, "body"),
        (b"length,length\n1,2\n", 422, "length"),
        (b"length,petals,colour\n", 422, "instances"),
        (b"length\n" + b"1\n" * 10_001, 422, "instances"),
        (b"lenght,petals,colour\n1,5,red\n", 422, "instances.0.lenght"),
    ],
    ids=["empty", "UTF-16", "quote", "torn", "twice", "no rows", "too many", "unknown"],
)
def test_a_csv_that_is_none_is_refused(
    shop: httpx.Client, table: bytes, code: int, field: str
) -> None:
    reply = shop.post("/predict/batch", content=table, headers=CSV)

    assert reply.status_code == code
    assert field in named(reply)


def test_a_line_may_hold_every_character_that_unicode_calls_a_line_end(five: Five) -> None:
    text = "good\u2028coffee\x0b and\x85cake"

    reply = five.client.post(
        "/models/sentiment/predict/batch", content=f"text\n{text}\n".encode(), headers=CSV
    )

    alone = five.client.post("/models/sentiment/predict", json={"text": text}).json()
    (found,) = reply.json()["predictions"]
    assert found["probabilities"] == alone["probabilities"]


@pytest.mark.parametrize(
    ("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_a_compressed_body_is_opened(
    shop: httpx.Client, encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    content = compress(json.dumps(FLOWER).encode())

    reply = shop.post("/predict", content=content, headers=JSON | {"Content-Encoding": encoding})

    assert reply.json()["prediction"] == "iris"


def test_a_bomb_is_opened_no_further_than_a_body_may_be(shop: httpx.Client) -> None:
    bomb = gzip.compress(b'{"a": "' + b"\0" * 50_000_000 + b'"}', compresslevel=1)

    reply = shop.post("/predict", content=bomb, headers=JSON | {"Content-Encoding": "gzip"})

    assert reply.status_code == 413


@pytest.mark.parametrize(
    "harm",
    [lambda data: data[:-4], lambda data: data + b"x", lambda _: b"{}"],
    ids=["cut", "longer", "another"],
)
def test_a_damaged_compressed_body_is_refused(
    shop: httpx.Client, harm: Callable[[bytes], bytes]
) -> None:
    content = harm(gzip.compress(json.dumps(FLOWER).encode()))

    reply = shop.post("/predict", content=content, headers=JSON | {"Content-Encoding": "gzip"})

    assert (reply.status_code, named(reply)) == (400, {"body"})
