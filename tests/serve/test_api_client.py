"""``headgate.Client`` against the real service: typed answers, and the service's own sentences."""

from collections.abc import Iterator

import httpx
import pytest

import headgate
from headgate.api_answers import Prediction, RefusedRow
from headgate.api_client import UnfinishedError
from headgate.documents.runs import OutcomeKind
from headgate.errors import (
    ConflictError,
    HeadgateError,
    InvalidInputError,
    NotFoundError,
    UsageError,
)
from headgate.runs import records as runs
from headgate.settings import Settings
from headgate.store import Store, open_store
from tests.serve.making import AREA, FLOWER
from tests.serve.working import work_off


@pytest.fixture
def client(shop: httpx.Client) -> Iterator[headgate.Client]:
    with headgate.Client(str(shop.base_url)) as client:
        yield client


@pytest.fixture
def shop_store(shop_settings: Settings) -> Store:
    return open_store(shop_settings.store_url)


def test_a_row_is_answered_by_the_default_model_or_a_named_one(client: headgate.Client) -> None:
    flower, price = client.predict(FLOWER), client.predict(AREA, "price")

    assert (flower.model, flower.label, flower.predicted_class) == ("flower", "iris", 1)
    assert flower.probabilities is not None
    assert flower.confidence == flower.probabilities["iris"]
    assert price.prediction == pytest.approx(1.0)
    assert price.label is None


def test_an_answer_keeps_what_it_came_as(client: headgate.Client, shop: httpx.Client) -> None:
    keys = shop.post("/predict", json=FLOWER).json().keys()

    assert client.predict(FLOWER).document().keys() == keys


def test_contributions_come_when_asked_for(client: headgate.Client) -> None:
    plain, explained = client.predict(FLOWER), client.predict(FLOWER, explain=True)

    assert plain.contributions is None
    assert explained.contributions is not None
    assert explained.contributions.keys() == FLOWER.keys()


def test_a_batch_has_an_answer_or_a_refusal_for_every_row(client: headgate.Client) -> None:
    first, second = client.predict_batch([FLOWER, FLOWER | {"colour": "green"}])

    assert isinstance(first, Prediction)
    assert isinstance(second, RefusedRow)
    assert [problem.field for problem in second.fields] == ["colour"]


def test_a_model_is_described(client: headgate.Client) -> None:
    assert client.model().model == "flower"
    example = client.model("price").example
    assert example is not None
    assert client.predict(example, "price").version == "v0001"


def test_wrong_fields_are_raised_with_the_services_sentence(client: headgate.Client) -> None:
    with pytest.raises(InvalidInputError, match="contract of flower v0001") as caught:
        client.predict(FLOWER | {"colour": "green", "petals": float("nan")})

    assert {field.field for field in caught.value.fields} == {"colour", "petals"}


def test_what_is_not_there_is_raised_as_such(client: headgate.Client) -> None:
    with pytest.raises(NotFoundError, match="no model 'nobody'"):
        client.predict(FLOWER, "nobody")
    with pytest.raises(NotFoundError, match="There is no POST"):
        client.predict(FLOWER, "../../docs")


def test_a_finished_run_gives_its_result(client: headgate.Client, shop_store: Store) -> None:
    run = client.infer([FLOWER, FLOWER | {"colour": "green"}], model="flower")
    work_off(shop_store, run.run_id)

    result = run.result(timeout_seconds=5)

    assert run.status().status == "completed"
    assert [(row.row_id, row.prediction) for row in result.predictions] == [(0, "iris")]
    assert [row.row_id for row in result.rejected] == [1]
    assert result.n_rows_in == result.n_rows_out + result.n_rows_rejected == 2


def test_a_run_that_takes_longer_than_the_caller_waits_is_not_lost(
    client: headgate.Client,
) -> None:
    run = client.infer([FLOWER], model="flower")

    with pytest.raises(UnfinishedError, match=run.run_id):
        run.result(timeout_seconds=0)

    assert client.run(run.run_id).status().status == "queued"


def test_the_same_key_is_the_same_run(client: headgate.Client) -> None:
    first = client.infer([FLOWER], model="flower", idempotency_key="monday")
    second = client.infer([FLOWER], model="flower", idempotency_key="monday")

    assert first.run_id == second.run_id
    with pytest.raises(ConflictError):
        client.infer([FLOWER, FLOWER], model="flower", idempotency_key="monday")


def test_without_a_name_every_request_is_a_run_of_its_own(client: headgate.Client) -> None:
    runs_made = {client.infer([FLOWER], model="flower").run_id for _ in range(2)}

    assert len(runs_made) == 2
    assert client.infer([FLOWER], model="flower", run_id="by-name").run_id == "by-name"


def test_a_cancelled_run_has_no_result(client: headgate.Client) -> None:
    run = client.infer([FLOWER], model="flower")

    state = run.cancel("typed too fast")

    assert state.status == "cancelled"
    assert state.reason.endswith("typed too fast")
    with pytest.raises(ConflictError, match="typed too fast"):
        run.result()


@pytest.mark.parametrize("kind", ["failed"])
def test_a_failed_run_says_why_and_can_be_tried_again(
    client: headgate.Client, shop_store: Store, kind: OutcomeKind
) -> None:
    run = client.infer([FLOWER], model="flower")
    attempt = runs.open_attempt(shop_store, run.run_id, "batch-infer", number=1)
    runs.end_attempt(shop_store, attempt, kind, reason="the disk was full")
    with pytest.raises(ConflictError, match="the disk was full"):
        run.result()

    run.retry()

    assert run.status().status in {"queued", "retrying"}


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://[", "localhost"])
def test_an_address_nobody_answers_at_says_how_to_start_one(url: str) -> None:
    with headgate.Client(url) as client, pytest.raises(HeadgateError) as caught:
        client.predict(FLOWER)

    assert "Check the address" in str(caught.value)


def test_a_key_that_no_header_can_hold_is_refused_before_it_is_sent(
    client: headgate.Client,
) -> None:
    with pytest.raises(UsageError, match="plain ASCII"):
        client.infer([FLOWER], model="flower", idempotency_key="schlüssel")
