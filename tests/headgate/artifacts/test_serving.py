"""What serves a version: its proven form, else scikit-learn, and never without saying so."""

import logging
from pathlib import Path

import pytest

from headgate.artifacts.files import COMPILED, CONTRACT, GOLDEN, read_golden
from headgate.artifacts.serving import load_scorer
from headgate.documents.base import sha256_of
from headgate.documents.proof import SCIKIT_LEARN, Proof
from headgate.documents.version import Manifest, StoredFile
from headgate.errors import IntegrityError, UnreachableError
from headgate.scoring.golden import GoldenRows
from headgate.scoring.rows import RowScorer
from headgate.store import Store, open_store
from tests.headgate.training.small_models import FLOWERS, train, write_model

ROW = {"sepal length (cm)": 5.1, "sepal width (cm)": 3.5}
FLOWER = ROW | {"petal length (cm)": 1.4, "petal width (cm)": 0.2}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return open_store(str(tmp_path_factory.mktemp("serving")))


@pytest.fixture(scope="module")
def version(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    loaded = write_model(tmp_path_factory.mktemp("project"), "flowers", FLOWERS)
    return train(store, loaded)[0]


def with_file(store: Store, version: Manifest, name: str, data: bytes) -> Manifest:
    """Return the version with one file replaced, and the record of it too."""
    key = f"models/flowers/artifacts/planted/{sha256_of(data)}"
    store.put_if_absent(key, data)
    file = StoredFile(key=key, size=len(data), sha256=sha256_of(data))
    return version.model_copy(update={"files": {**version.files, name: file}})


def answers(scorer: RowScorer) -> tuple[object, ...]:
    return tuple(scorer.score([FLOWER]).predictions)


def test_a_proven_version_is_served_by_its_form(store: Store, version: Manifest) -> None:
    scorer = load_scorer(store, version)

    assert version.proof is not None
    assert version.proof.uses_compiled
    assert (scorer.engine, scorer.off_loop, scorer.engine_reason) == ("plan", False, None)
    assert answers(scorer) == ("setosa",)


def test_a_version_from_before_there_were_forms_is_served_by_scikit_learn(
    store: Store, version: Manifest
) -> None:
    old = version.model_copy(update={"proof": None})

    scorer = load_scorer(store, old)

    assert (scorer.engine, scorer.off_loop) == (SCIKIT_LEARN, True)
    assert "train again" in (scorer.engine_reason or "")
    assert answers(scorer) == ("setosa",)


@pytest.mark.parametrize("is_proven", [False, True], ids=["not-proven", "slower"])
def test_a_form_that_does_not_serve_is_not_loaded_and_the_reason_is_told(
    store: Store, version: Manifest, is_proven: bool
) -> None:
    proof = Proof(proven=is_proven, engine=SCIKIT_LEARN, reason="a reason", tolerance=1e-6)

    scorer = load_scorer(store, version.model_copy(update={"proof": proof}))

    assert (scorer.engine, scorer.engine_reason) == (SCIKIT_LEARN, "a reason")


def test_a_damaged_form_leaves_scikit_learn_serving_and_says_so(
    store: Store, version: Manifest, caplog: pytest.LogCaptureFixture
) -> None:
    damaged = with_file(store, version, COMPILED, b"not a form")

    with caplog.at_level(logging.ERROR):
        scorer = load_scorer(store, damaged)

    assert scorer.engine == SCIKIT_LEARN
    assert (scorer.engine_reason or "").startswith("the proven form was not loaded: IntegrityError")
    assert "scikit-learn answers" in caplog.text
    assert answers(scorer) == ("setosa",)


def test_a_form_whose_bytes_are_not_those_recorded_is_not_used(
    store: Store, version: Manifest
) -> None:
    wrong = version.files[COMPILED].model_copy(update={"sha256": "00" * 32})
    altered = version.model_copy(update={"files": {**version.files, COMPILED: wrong}})

    scorer = load_scorer(store, altered)

    assert scorer.engine == SCIKIT_LEARN
    assert "not what was recorded" in (scorer.engine_reason or "")


def test_a_form_that_is_gone_leaves_scikit_learn_serving(store: Store, version: Manifest) -> None:
    files = {name: file for name, file in version.files.items() if name != COMPILED}

    scorer = load_scorer(store, version.model_copy(update={"files": files}))

    assert scorer.engine == SCIKIT_LEARN
    assert COMPILED in (scorer.engine_reason or "")


def test_what_neither_reproduces_is_not_served(store: Store, version: Manifest) -> None:
    golden = read_golden(store, version)
    flipped = golden.outputs[0].model_copy(update={"predicted_class": 2, "prediction": "virginica"})
    other = GoldenRows(rows=golden.rows, outputs=(flipped, *golden.outputs[1:]))

    with pytest.raises(IntegrityError, match="golden rows"):
        load_scorer(store, with_file(store, version, GOLDEN, other.to_bytes()))


def test_a_damaged_contract_is_not_served(store: Store, version: Manifest) -> None:
    with pytest.raises(IntegrityError):
        load_scorer(store, with_file(store, version, CONTRACT, b"{}"))


class Away:
    """A store that cannot be reached."""

    url = "s3://away"

    def get(self, key: str) -> bytes:
        raise UnreachableError(f"{key} cannot be read: the store is away.")


def test_a_store_that_is_away_is_no_reason_for_the_slower_engine(version: Manifest) -> None:
    with pytest.raises(UnreachableError):
        load_scorer(Away(), version)


def test_a_manifest_without_a_proof_still_reads(version: Manifest, tmp_path: Path) -> None:
    old = version.model_dump(mode="json")
    del old["proof"]
    path = tmp_path / "v0001.json"
    path.write_bytes(Manifest.model_validate(old).to_bytes())

    assert Manifest.from_bytes(path.read_bytes(), "v0001.json").proof is None
