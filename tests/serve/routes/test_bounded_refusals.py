"""However much is wrong, the refusal stays small, quick and in our words."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.serve.making import FLOWER
from tests.serve.refusing import JSON, named, refusal

MANY_KEYS = {f"key_{number}": 1 for number in range(200_000)}


@pytest.mark.parametrize("path", ["/infer", "/runs/train"])
def test_a_body_of_unknown_keys_is_answered_with_the_first_and_how_many_more(
    shop: httpx.Client, path: str
) -> None:
    reply = shop.post(path, content=json.dumps(MANY_KEYS), headers=JSON)

    fields = refusal(reply)["fields"]
    assert len(fields) == 101
    assert fields[0] == {"field": "model", "problem": "is missing"}
    assert fields[-1] == {"field": "…", "problem": "and 199901 more"}
    assert "and 199991 more" in reply.json()["detail"]
    assert len(reply.content) < 10_000


def test_a_body_is_checked_beside_the_loop_that_answers_health(
    shop: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    checking, told, ended = threading.Event(), threading.Event(), threading.Event()

    def slow(*_: object) -> None:
        checking.set()
        told.wait(10)
        ended.set()

    monkeypatch.setattr("serve.bodies.validation.check_finite", slow)
    with ThreadPoolExecutor(1) as pool:
        refused = pool.submit(lambda: shop.post("/runs/train", json={"x": 1}))
        assert checking.wait(10)
        health = shop.get("/health/live")
        waited = not ended.is_set()
        told.set()

    assert (health.status_code, waited, refused.result().status_code) == (200, True, 422)


@pytest.mark.parametrize("row", [{}, {f"c{n}": 1 for n in range(20)}], ids=["empty", "unknown"])
@pytest.mark.parametrize("path", ["/predict/batch", "/infer"])
def test_a_refusal_of_ten_thousand_rows_stays_small(
    shop: httpx.Client, path: str, row: dict[str, int]
) -> None:
    rows = [row] * 10_000
    body = {"instances": rows} | ({"model": "flower"} if path == "/infer" else {})

    reply = shop.post(path, json=body)

    assert len(refusal(reply)["fields"]) == 101
    assert "more" in reply.json()["fields"][-1]["problem"]
    assert len(reply.content) < 20_000


def test_a_wrong_row_among_others_lists_at_most_twenty_fields(shop: httpx.Client) -> None:
    wrong = {f"c{n}": 1 for n in range(500)}

    answers = shop.post("/predict/batch", json=[FLOWER, wrong]).json()["predictions"]

    assert "prediction" in answers[0]
    assert len(answers[1]["fields"]) <= 21


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("GET", "/status/a%20b", "run_id"),
        ("GET", "/results/a%20b", "run_id"),
        ("DELETE", "/infer/a%20b", "run_id"),
        ("POST", "/infer/a%20b/retry", "run_id"),
        ("GET", "/models/Not%20a%20name", "model"),
        ("GET", "/models/Not%20a%20name/ledger", "model"),
        ("POST", "/models/Not%20a%20name/predict", "model"),
    ],
)
def test_a_name_in_the_path_that_cannot_be_one_is_named(
    shop: httpx.Client, method: str, path: str, field: str
) -> None:
    body = FLOWER if path.endswith("predict") else None

    reply = shop.request(method, path, json=body)

    assert named(reply) == {field}
    assert reply.status_code == 422
    assert "Value error" not in reply.text


def test_a_problem_is_said_in_our_words(shop: httpx.Client) -> None:
    reply = shop.post("/infer", json={"model": "Not a name", "instances": "x", "run_id": 3})

    problems = {f["field"]: f["problem"] for f in refusal(reply)["fields"]}
    assert problems["model"].startswith("model name 'Not a name' cannot be used")
    assert problems["instances"] == "must be a list"
    assert problems["run_id"] == "must be a string"


def test_an_unknown_parameter_of_the_content_type_is_called_that(shop: httpx.Client) -> None:
    headers = {"Content-Type": "application/json;foo=bar"}

    reply = shop.post("/predict", content=b"{}", headers=headers)

    assert reply.status_code == 415
    assert "foo=bar" in refusal(reply)["detail"]
    assert "UTF-8" not in reply.text


def test_half_a_surrogate_pair_is_called_that(shop: httpx.Client) -> None:
    reply = shop.post("/predict", content=b'{"\\ud800": 1}', headers=JSON)

    assert reply.status_code == 400
    assert "surrogate" in refusal(reply)["detail"]


@pytest.mark.parametrize("path", ["/infer", "/runs/train"])
def test_two_idempotency_keys_are_refused(shop: httpx.Client, path: str) -> None:
    headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]

    reply = shop.post(path, json={"model": "flower"}, headers=headers)

    assert named(reply) == {"Idempotency-Key"}
    assert reply.status_code == 400
