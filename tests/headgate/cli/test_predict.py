"""``headgate predict``: one answer of a running service, also while its model is being loaded."""

import json
import threading

import pytest

from headgate.settings import Settings
from headgate.store import Store
from tests.headgate.cli.conftest import Cli
from tests.serve.making import AREA, a_live_model, a_served_version, price, promoted
from tests.serve.running import running
from tests.serve.spoiling import spoil


def test_a_row_or_the_contracts_example_is_answered(
    cli: Cli, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_live_model(store, "price", price(3))

    with running(Settings.load()) as client:
        monkeypatch.setenv("HEADGATE_PORT", str(client.base_url.port))
        given = cli("predict", "price", json.dumps(AREA), "--json")
        example = cli("predict", "price")

    assert given.document["prediction"] == pytest.approx(3.0)
    assert example.code == 0
    assert "by price@v0001" in example.out
    assert "asking the contract's example" in example.err


@pytest.mark.parametrize("body", [(), (json.dumps(AREA),)], ids=["example", "body"])
def test_a_model_that_is_not_loaded_yet_is_waited_for(
    cli: Cli, store: Store, monkeypatch: pytest.MonkeyPatch, body: tuple[str, ...]
) -> None:
    manifest = a_served_version(store, "price", price())

    with running(Settings.load().model_copy(update={"serve": ("price",)})) as client:
        monkeypatch.setenv("HEADGATE_PORT", str(client.base_url.port))
        later = threading.Timer(0.5, promoted, (store, manifest))
        later.start()
        said = cli("predict", "price", *body)
        later.join()

    assert said.code == 0
    assert "by price@v0001" in said.out


def test_after_the_wait_it_says_why_nothing_answers(
    cli: Cli, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = a_served_version(store, "price", price())
    spoil(store, bad)
    promoted(store, bad)

    with running(Settings.load()) as client:
        monkeypatch.setenv("HEADGATE_PORT", str(client.base_url.port))
        said = [cli("predict", "price", *body, "--wait", "0.3") for body in ((), ("{}",))]

    assert [s.code for s in said] == [5, 5]
    for s in said:
        assert "price@v0001 cannot be loaded" in s.err
        assert "no example row" not in s.err
