"""What is live and why."""

import httpx


def test_models_says_which_version_of_each_answers_and_by_which_entry(shop: httpx.Client) -> None:
    listed = shop.get("/models").json()

    assert listed["default_model"] == "flower"
    assert [m["model"] for m in listed["models"]] == ["flower", "price", "side"]
    first = listed["models"][0]
    assert (first["version"], first["champion"], first["problem"]) == ("v0001", "v0001", None)
    assert (first["entry"]["seq"], first["entry"]["by"]["name"]) == (1, "alice")


def test_a_model_is_shown_with_its_contract_metrics_and_origin(shop: httpx.Client) -> None:
    shown = shop.get("/models/flower").json()

    assert list(shown["contract"]["properties"]) == ["length", "petals", "colour"]
    assert shown["example"].keys() == {"length", "petals", "colour"}
    assert shown["metrics"] == {"accuracy": 0.9}
    assert shown["provenance"]["by"] == "alice"


def test_the_shown_example_is_a_body_that_is_answered(shop: httpx.Client) -> None:
    example = shop.get("/models/flower").json()["example"]

    assert shop.post("/models/flower/predict", json=example).status_code == 200


def test_model_info_is_about_the_default_model(shop: httpx.Client) -> None:
    assert shop.get("/model/info").json() == shop.get("/models/flower").json()


def test_a_ledger_is_shown_in_order(shop: httpx.Client) -> None:
    shown = shop.get("/models/flower/ledger").json()

    assert shown["n_entries"] == 1
    assert [(e["seq"], e["kind"]) for e in shown["entries"]] == [(1, "promote")]


def test_an_unknown_model_is_not_found(shop: httpx.Client) -> None:
    replies = [shop.get("/models/nope"), shop.get("/models/nope/ledger")]

    assert [r.status_code for r in replies] == [404, 404]
    assert all("flower" in r.json()["detail"] for r in replies)
