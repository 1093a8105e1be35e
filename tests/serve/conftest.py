"""Fixtures: a store with live models and a server over it."""

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from headgate.settings import Settings
from headgate.store import Store, open_store
from tests.serve.builtin import NAMES, Five, a_built_in_model
from tests.serve.making import a_live_model, flower, price, side
from tests.serve.running import running


@pytest.fixture(scope="session")
def closed_port() -> Iterator[int]:
    """A port that refuses connections for as long as the tests run: bound, never listening."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture(scope="session")
def shop_settings(tmp_path_factory: pytest.TempPathFactory, closed_port: int) -> Settings:
    """A store with three live models, whose Prefect is away."""
    folder = tmp_path_factory.mktemp("shop")
    settings = settings_for(folder, closed_port).model_copy(update={"default_model": "flower"})
    store = open_store(settings.store_url)
    a_live_model(store, "flower", flower())
    a_live_model(store, "price", price())
    a_live_model(store, "side", side())
    return settings


@pytest.fixture(scope="session")
def shop(shop_settings: Settings) -> Iterator[httpx.Client]:
    """A server over that store, shared by the tests that only ask."""
    with running(shop_settings) as client:
        yield client


@pytest.fixture(scope="session")
def five(tmp_path_factory: pytest.TempPathFactory, closed_port: int) -> Iterator[Five]:
    """A server of the five built-in models; iris answers where none is named."""
    settings = settings_for(tmp_path_factory.mktemp("five"), closed_port)
    store = open_store(settings.store_url)
    models = {name: a_built_in_model(store, name) for name in NAMES}
    with running(settings.model_copy(update={"default_model": "iris"})) as client:
        yield Five(client, models)


@pytest.fixture
def settings(tmp_path: Path, closed_port: int) -> Settings:
    return settings_for(tmp_path, closed_port)


@pytest.fixture
def store(settings: Settings) -> Store:
    return open_store(settings.store_url)


def settings_for(folder: Path, port: int) -> Settings:
    return Settings(
        store_url=str(folder / "store"),
        prefect_api_url=f"http://127.0.0.1:{port}/api",
        models_dir=(folder / "models",),
        cache_dir=folder / "cache",
    )
