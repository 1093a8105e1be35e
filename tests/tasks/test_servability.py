from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from headgate.artifacts.files import GOLDEN, MODEL
from headgate.documents.version import Manifest
from headgate.scoring.golden import GoldenRows
from headgate.settings import Settings
from headgate.store import Store, open_store
from tasks.servability import try_serving
from tests.tasks.versions import a_real_version

pytestmark = pytest.mark.stack


def services() -> set[psutil.Process]:
    """Return the services this process runs; other tests' stacks start processes of their own."""
    found = set()
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            if "serve" in child.cmdline():
                found.add(child)
    return found


@pytest.fixture(autouse=True)
def _no_process_is_left_behind() -> Iterator[None]:
    before = services()
    yield
    assert services() <= before


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(store_url=str(tmp_path))


@pytest.fixture
def store(settings: Settings) -> Store:
    return open_store(settings.store_url)


def overwrite(store: Store, manifest: Manifest, name: str, data: bytes) -> None:
    Path(store.uri(manifest.files[name].key)).write_bytes(data)


@pytest.mark.parametrize("model", ["iris", "diabetes"])
def test_a_sound_version_is_served_and_answers_its_golden_rows(
    settings: Settings, store: Store, model: str
) -> None:
    manifest = a_real_version(store, model)

    tried = try_serving(settings, manifest)

    assert tried.passed, tried.detail
    assert "golden rows over HTTP" in tried.detail


def test_a_version_whose_file_was_altered_is_not_servable_and_the_log_says_why(
    settings: Settings, store: Store
) -> None:
    manifest = a_real_version(store)
    overwrite(store, manifest, MODEL, b"not a model")

    tried = try_serving(settings, manifest)

    assert not tried.passed
    assert "not what was recorded" in tried.detail


def test_an_answer_that_differs_from_the_golden_one_is_named(
    settings: Settings, store: Store
) -> None:
    manifest = a_real_version(store)
    golden = GoldenRows.from_bytes(store.get(manifest.files[GOLDEN].key), GOLDEN)
    wrong = golden.outputs[0].model_copy(update={"prediction": "a rose"})
    asked = golden.model_copy(update={"outputs": (wrong, *golden.outputs[1:])})

    tried = try_serving(settings, manifest, golden=asked)

    assert not tried.passed
    assert "Golden row 0 was answered with" in tried.detail
    assert "instead of 'a rose'" in tried.detail
