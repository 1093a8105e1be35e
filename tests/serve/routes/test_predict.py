"""Online predictions over real HTTP: the form of the answers, and who answers."""

import httpx
import pytest

from serve.live import PredictionOrigin, parse_prediction_id
from tests.serve.making import FLOWER

ANSWER = {
    "model",
    "version",
    "prediction_id",
    "prediction",
    "label",
    "predicted_class",
    "confidence",
    "is_confident",
    "probabilities",
    "flags",
    "latency_ms",
}


def test_a_classification_answers_with_its_class_and_probabilities(shop: httpx.Client) -> None:
    reply = shop.post("/models/flower/predict", json=FLOWER)

    answer = reply.json()
    assert reply.status_code == 200
    assert answer.keys() == ANSWER
    assert (answer["model"], answer["version"]) == ("flower", "v0001")
    assert (answer["prediction"], answer["label"], answer["predicted_class"]) == ("iris", "iris", 1)
    assert answer["confidence"] == answer["probabilities"]["iris"]
    assert sum(answer["probabilities"].values()) == pytest.approx(1)


def test_a_regression_answers_with_a_number_and_nothing_about_classes(shop: httpx.Client) -> None:
    answer = shop.post("/models/price/predict", json={"area": 3.0}).json()

    assert answer["prediction"] == pytest.approx(3.0)
    assert answer["interval"] is None
    assert not answer.keys() & {"label", "probabilities", "predicted_class"}


def test_predict_without_a_name_asks_the_default_model(shop: httpx.Client) -> None:
    assert shop.post("/predict", json=FLOWER).json()["model"] == "flower"


def test_a_prediction_id_says_model_version_and_ledger_sequence(shop: httpx.Client) -> None:
    answers = [shop.post("/predict", json=FLOWER).json()["prediction_id"] for _ in range(2)]

    assert answers[0] != answers[1]
    assert parse_prediction_id(answers[0]) == PredictionOrigin("flower", "v0001", 1)


@pytest.mark.parametrize("text", ["", "iris", "iris-v1-x-00", "a-b-c-d-e", "iris-vx-1-00"])
def test_other_texts_are_no_prediction_id(text: str) -> None:
    assert parse_prediction_id(text) is None


def test_a_value_out_of_range_is_answered_and_flagged(shop: httpx.Client) -> None:
    answer = shop.post("/predict", json=FLOWER | {"length": 1000}).json()

    assert len(answer["flags"]) == 1
    assert answer["flags"][0].startswith("length:")


@pytest.mark.parametrize("wrap", [True, False])
def test_a_batch_answers_every_row_in_its_place(shop: httpx.Client, wrap: bool) -> None:
    rows = [FLOWER, FLOWER | {"colour": "green", "petals": "five"}, FLOWER | {"length": 1}]

    reply = shop.post("/predict/batch", json={"instances": rows} if wrap else rows)

    first, second, third = reply.json()["predictions"]
    assert reply.status_code == 200
    assert (first["prediction"], third["prediction"]) == ("iris", "aster")
    assert second["error"] == "InvalidInputError"
    assert {f["field"] for f in second["fields"]} == {"colour", "petals"}


def test_a_row_gets_the_same_answer_alone_and_in_a_batch(shop: httpx.Client) -> None:
    alone = shop.post("/predict", json=FLOWER).json()
    batch = shop.post("/predict/batch", json=[FLOWER, FLOWER]).json()["predictions"]

    assert [b["probabilities"] for b in batch] == [pytest.approx(alone["probabilities"])] * 2


def test_a_batch_of_too_many_rows_is_refused(shop: httpx.Client) -> None:
    reply = shop.post("/models/price/predict/batch", json=[{"area": 1}] * 10_001)

    assert reply.status_code == 422
    assert "10001" in reply.json()["detail"]


@pytest.mark.parametrize(("k", "labels"), [(1, ["iris"]), (3, 3), (None, 3)])
def test_top_k_ranks_the_most_probable_classes(
    shop: httpx.Client, k: int | None, labels: list[str] | int
) -> None:
    answer = shop.post("/predict/top-k", json=FLOWER, params={"k": k} if k else {}).json()

    top = answer["top_k"]
    assert [t["label"] for t in top] == labels if isinstance(labels, list) else len(top) == labels
    assert [t["probability"] for t in top] == sorted(answer["probabilities"].values())[::-1][
        : len(top)
    ]


@pytest.mark.parametrize("k", ["0", "4", "-1", "two", "1.5"])
def test_top_k_of_more_classes_than_there_are_is_refused(shop: httpx.Client, k: str) -> None:
    reply = shop.post("/predict/top-k", json=FLOWER, params={"k": k})

    assert reply.status_code == 422
    assert [f["field"] for f in reply.json()["fields"]] == ["k"]


@pytest.mark.parametrize(("model", "word"), [("price", "number"), ("side", "probabilities")])
def test_top_k_of_a_model_that_cannot_rank_says_so(
    shop: httpx.Client, model: str, word: str
) -> None:
    reply = shop.post(f"/models/{model}/predict/top-k", json={"area": 1.0})

    assert reply.status_code == 409
    assert word in reply.json()["detail"]


def test_an_unknown_model_is_answered_by_the_models_there_are(shop: httpx.Client) -> None:
    reply = shop.post("/models/nope/predict", json=FLOWER)

    assert reply.status_code == 404
    assert "flower, price, side" in reply.json()["detail"]
