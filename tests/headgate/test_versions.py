from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from headgate.documents.version import StoredFile
from headgate.errors import IntegrityError
from headgate.names import VersionRef
from headgate.store import Store, open_store
from headgate.versions import (
    ModelNotFoundError,
    NoChampionError,
    VersionNotFoundError,
    commit_version,
    find_by_run_id,
    list_manifests,
    list_models,
    read_manifest,
    resolve,
    version_numbers,
)
from tests.builders import a_champion, a_manifest, a_version


def test_versions_are_numbered_without_a_gap(store: Store) -> None:
    names = [a_version(store) for _ in range(3)]

    assert names == ["v0001", "v0002", "v0003"]
    assert [m.version for m in list_manifests(store, "iris")] == names
    assert list_models(store) == ["iris"]


def test_one_run_makes_one_version(store: Store) -> None:
    first = commit_version(store, a_manifest(run_id="same"))
    a_version(store)

    again = commit_version(store, a_manifest(run_id="same"))

    assert again == first
    assert version_numbers(store, "iris") == [1, 2]
    assert find_by_run_id(store, "iris", "same") == first
    assert find_by_run_id(store, "iris", "other") is None


def test_a_version_with_a_missing_file_is_never_committed(store: Store) -> None:
    store.put_if_absent("models/iris/artifacts/r/0001/model.skops", b"whole")
    file = StoredFile(key="models/iris/artifacts/r/0001/model.skops", size=5, sha256="00")
    gone = StoredFile(key="models/iris/artifacts/r/0001/golden.json", size=5, sha256="00")
    short = file.model_copy(update={"size": 6})

    with pytest.raises(IntegrityError, match=r"golden\.json, model\.skops"):
        commit_version(
            store,
            a_manifest().model_copy(update={"files": {"model.skops": short, "golden.json": gone}}),
        )

    assert version_numbers(store, "iris") == []
    whole = a_manifest().model_copy(update={"files": {"model.skops": file}})
    assert commit_version(store, whole).version == "v0001"


def test_what_does_not_exist_is_named_with_what_does(store: Store) -> None:
    with pytest.raises(ModelNotFoundError, match=r"has no model 'iris' \(it has: none\)"):
        resolve(store, VersionRef("iris"))
    a_version(store)
    with pytest.raises(VersionNotFoundError, match="its latest is v0001"):
        read_manifest(store, "iris", "v0002")
    with pytest.raises(NoChampionError, match="no champion"):
        resolve(store, VersionRef("iris", "champion"))


def test_the_champion_is_the_ledgers(store: Store) -> None:
    a_champion(store)
    a_champion(store)
    a_version(store)

    assert resolve(store, VersionRef("iris")).version == "v0002"
    assert resolve(store, VersionRef("iris", "v0003")).version == "v0003"


def test_a_manifest_copied_to_another_number_is_refused(store: Store) -> None:
    a_version(store)
    data = store.get("models/iris/versions/v0001.json")
    store.put_if_absent("models/iris/versions/v0002.json", data)

    with pytest.raises(IntegrityError, match="says it is iris@v0001"):
        read_manifest(store, "iris", "v0002")


def _commit_some(url: str, writer: int) -> list[str]:
    store = open_store(url)
    return [commit_version(store, a_manifest(run_id=f"w{writer}-{n}")).version for n in range(5)]


def test_processes_committing_at_once_get_distinct_numbers_without_a_gap(tmp_path: Path) -> None:
    url = str(tmp_path / "store")

    with ProcessPoolExecutor(8, mp_context=get_context("spawn")) as pool:
        made = [v for got in pool.map(_commit_some, [url] * 8, range(8)) for v in got]

    assert sorted(made) == [f"v{n:04d}" for n in range(1, 41)]
