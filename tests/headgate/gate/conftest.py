"""Fixtures: a store with a good toy model and a worse one."""

import pytest

from headgate.documents.version import Manifest
from headgate.store import Store, open_store
from tests.headgate.gate.toy import train


@pytest.fixture(scope="session")
def toy_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return open_store(str(tmp_path_factory.mktemp("store")))


@pytest.fixture(scope="session")
def good(toy_store: Store) -> Manifest:
    return train(toy_store, "good")


@pytest.fixture(scope="session")
def stump(toy_store: Store) -> Manifest:
    return train(toy_store, "stump", "stump")
