"""Answers as CSV, for whoever asks for it."""

import csv
import io

import httpx
import pytest

from tests.serve.making import AREA, FLOWER

AS_CSV = {"Accept": "text/csv"}


def lines(reply: httpx.Response) -> list[dict[str, str]]:
    assert reply.status_code == 200, reply.text
    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(reply.text)))


def test_a_prediction_is_a_line_with_the_probability_of_every_class(shop: httpx.Client) -> None:
    expected = shop.post("/predict", json=FLOWER).json()

    (line,) = lines(shop.post("/predict", json=FLOWER, headers=AS_CSV))

    assert list(line) == [
        "row",
        "prediction",
        "label",
        "confidence",
        *[f"probability_{label}" for label in expected["probabilities"]],
        "flags",
        "error",
        "model",
        "version",
        "prediction_id",
    ]
    assert (line["row"], line["prediction"], line["version"]) == ("0", "iris", "v0001")
    assert float(line["probability_rose"]) == expected["probabilities"]["rose"]


def test_a_batch_has_a_line_for_every_row_in_its_place(shop: httpx.Client) -> None:
    rows = [FLOWER | {"length": 99}, FLOWER | {"colour": "green"}, FLOWER | {"length": 1}]

    first, second, third = lines(shop.post("/predict/batch", json=rows, headers=AS_CSV))

    assert (first["flags"], third["prediction"]) == ("length:out_of_range", "aster")
    assert second["prediction"] == second["model"] == ""
    assert second["error"].startswith("colour must be one of")


def test_a_regression_has_no_columns_about_classes_but_empty_ones(shop: httpx.Client) -> None:
    (line,) = lines(shop.post("/models/price/predict", json=AREA, headers=AS_CSV))

    assert float(line["prediction"]) == pytest.approx(1.0)
    assert line["label"] == ""
    assert not any(name.startswith("probability_") for name in line)


def test_contributions_are_columns(shop: httpx.Client) -> None:
    reply = shop.post("/predict?explain=true", json=FLOWER, headers=AS_CSV)

    (line,) = lines(reply)
    assert list(line)[-3:] == [f"contribution_{name}" for name in FLOWER]


@pytest.mark.parametrize("path", ["/predict", "/predict/batch", "/models/flower/predict"])
def test_a_refusal_stays_json(shop: httpx.Client, path: str) -> None:
    reply = shop.post(path, json={"instances": []}, headers=AS_CSV)

    assert reply.status_code == 422
    assert reply.headers["Content-Type"] == "application/json"
