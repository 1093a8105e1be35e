"""The binary tensor extension: raw tensors both ways, never read past their end."""

import json
import struct
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from tests.serve.protocols.shapes import error_of

HEADER = "Inference-Header-Content-Length"
NUMBERS = struct.pack("<2d", 5.5, 1.0)
WHOLE = struct.pack("<2q", 5, 3)


def element(text: bytes) -> bytes:
    return struct.pack("<I", len(text)) + text


TEXTS = element(b"red") + element(b"blue")


def sent(
    client: httpx.Client,
    chunks: Sequence[bytes],
    *,
    sizes: Sequence[object] | None = None,
    tail: bytes = b"",
    **more: object,
) -> httpx.Response:
    """Send the flower's three columns as raw tensors."""
    columns = [("length", "FP64"), ("petals", "INT64"), ("colour", "BYTES")]
    inputs = [
        {
            "name": name,
            "datatype": datatype,
            "shape": [2],
            "parameters": {"binary_data_size": size},
        }
        for (name, datatype), size in zip(
            columns, sizes or [len(chunk) for chunk in chunks], strict=True
        )
    ]
    head = json.dumps({"inputs": inputs, **more}).encode()
    content = head + b"".join(chunks) + tail
    headers = {HEADER: str(len(head)), "Content-Type": "application/octet-stream"}
    return client.post("/v2/models/flower/infer", content=content, headers=headers)


def parts(reply: httpx.Response) -> tuple[dict[str, Any], bytes]:
    assert reply.status_code == 200, reply.text
    length = int(reply.headers[HEADER])
    return json.loads(reply.content[:length]), reply.content[length:]


def test_raw_tensors_come_back_raw_when_all_are_asked_for_so(shop: httpx.Client) -> None:
    outputs = [{"name": "label"}, {"name": "probabilities"}]

    reply = sent(
        shop,
        [NUMBERS, WHOLE, TEXTS],
        parameters={"binary_data_output": True},
        outputs=outputs,
    )

    document, binary = parts(reply)
    label, probabilities = document["outputs"]
    size = label["parameters"]["binary_data_size"]
    assert reply.headers["Content-Type"] == "application/octet-stream"
    assert "data" not in label
    assert binary[:size] == element(b"iris") + element(b"aster")
    assert probabilities["shape"] == [2, 3]
    assert probabilities["parameters"]["binary_data_size"] == 48 == len(binary) - size
    assert sum(struct.unpack("<6d", binary[size:])) == pytest.approx(2.0)


def test_an_output_of_its_own_choice_is_raw_or_not(shop: httpx.Client) -> None:
    outputs = [
        {"name": "label", "parameters": {"binary_data": False}},
        {"name": "flags", "parameters": {"binary_data": True}},
    ]

    document, binary = parts(
        sent(
            shop,
            [NUMBERS, WHOLE, TEXTS],
            parameters={"binary_data_output": True},
            outputs=outputs,
        )
    )

    assert document["outputs"][0]["data"] == ["iris", "aster"]
    assert binary == element(b"") * 2


def test_without_asking_the_answer_is_json(shop: httpx.Client) -> None:
    reply = sent(shop, [NUMBERS, WHOLE, TEXTS])

    assert reply.headers["Content-Type"] == "application/json"
    assert HEADER not in reply.headers


WRONG: dict[str, tuple[list[bytes], list[object] | None, bytes, str]] = {
    "too few bytes": ([NUMBERS, WHOLE, TEXTS], [16, 16, 99], b"", "colour: says"),
    "bytes left over": ([NUMBERS, WHOLE, TEXTS], None, b"more", "4 bytes that belong"),
    "half a number": ([NUMBERS[:12], WHOLE, TEXTS], None, b"", "length: holds 12 bytes"),
    "a negative size": ([NUMBERS, WHOLE, TEXTS], [16, -1, 15], b"", "petals: has a"),
    "a size that is true": ([NUMBERS, WHOLE, TEXTS], [16, True, 15], b"", "petals: has a"),
    "a size that is text": ([NUMBERS, WHOLE, TEXTS], ["16", 16, 15], b"", "length: has a"),
    "a huge size": (
        [NUMBERS, WHOLE, TEXTS],
        [10**30, 16, 15],
        b"",
        "length: has a binary_data_size",
    ),
    "a cut length": ([NUMBERS, WHOLE, TEXTS + b"\0"], None, b"", "colour: ends within"),
    "a length past the end": (
        [NUMBERS, WHOLE, struct.pack("<I", 2**31) + b"red"],
        None,
        b"",
        "colour: ends within",
    ),
    "one text too few": ([NUMBERS, WHOLE, element(b"red")], None, b"", "colour: holds 1"),
    "not UTF-8": ([NUMBERS, WHOLE, element(b"\xff") * 2], None, b"", "colour: holds bytes"),
}


@pytest.mark.parametrize("name", WRONG)
def test_raw_tensors_that_are_not_what_they_say_are_refused(shop: httpx.Client, name: str) -> None:
    chunks, sizes, tail, words = WRONG[name]

    assert words in error_of(sent(shop, chunks, sizes=sizes, tail=tail))


def test_a_tensor_is_written_in_one_of_the_two_ways(shop: httpx.Client) -> None:
    tensor = {
        "name": "area",
        "shape": [1],
        "datatype": "FP64",
        "data": [1.0],
        "parameters": {"binary_data_size": 8},
    }
    head = json.dumps({"inputs": [tensor]}).encode()

    reply = shop.post(
        "/v2/models/price/infer", content=head + b"\0" * 8, headers={HEADER: str(len(head))}
    )

    assert "area: needs either" in error_of(reply)
