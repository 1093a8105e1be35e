"""``?explain=true``: contributions of the served form, that add up."""

import httpx
import pytest

from headgate.scoring.contributions import baseline_row
from tests.serve.builtin import NAMES, Five
from tests.serve.making import AREA, AREA_CONTRACT, FLOWER


@pytest.mark.parametrize("name", NAMES)
def test_contributions_add_up_to_the_answer_less_the_baselines(five: Five, name: str) -> None:
    row = five.models[name].rows[0]

    answer = five.client.post(f"/models/{name}/predict?explain=true", json=row).json()

    plain = five.client.post(f"/models/{name}/predict", json=row).json()
    reached = answer["prediction"] if name == "diabetes" else answer["confidence"]
    assert list(answer["contributions"]) == list(row)
    assert sum(answer["contributions"].values()) == pytest.approx(reached - answer["baseline"])
    assert answer["prediction"] == plain["prediction"]
    assert not plain.keys() & {"contributions", "baseline"}


def test_a_linear_model_is_explained_by_its_weight(shop: httpx.Client) -> None:
    area = AREA | {"area": 4.0}

    answer = shop.post("/models/price/predict?explain=true", json=area).json()

    (typical,) = baseline_row(AREA_CONTRACT).values()
    assert answer["contributions"] == {"area": pytest.approx(4.0 - float(str(typical)))}


def test_the_same_row_is_explained_the_same_way_twice(five: Five) -> None:
    row = five.models["breast_cancer"].rows[1]
    path = "/models/breast_cancer/predict?explain=true"

    first, second = (five.client.post(path, json=row).json() for _ in range(2))

    assert first["contributions"] == second["contributions"]


def test_a_classifier_without_probabilities_has_nothing_to_explain(shop: httpx.Client) -> None:
    reply = shop.post("/models/side/predict?explain=true", json=AREA)

    assert reply.status_code == 409
    assert reply.json()["error"] == "NoProbabilitiesError"


def test_a_wrong_row_is_refused_before_it_is_explained(shop: httpx.Client) -> None:
    reply = shop.post("/predict?explain=true", json=FLOWER | {"colour": "green"})

    assert [f["field"] for f in reply.json()["fields"]] == ["colour"]
