import hashlib
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.errors import NotFoundError, UsageError
from headgate.spec_loading import add_models_path, list_specs, load_spec

SPEC = """
from headgate.spec import ModelSpec


class Doubler:
    pass


spec = ModelSpec(
    name={name!r}, task="regression", target="y", source="a.csv", estimator=lambda seed: Doubler()
)
"""


@pytest.fixture(autouse=True)
def _restored_models() -> Iterator[None]:
    before = {name: m for name, m in sys.modules.items() if name.partition(".")[0] == "models"}
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "models"]:
        del sys.modules[name]
    sys.modules.update(before)


def write(folder: Path, name: str, text: str | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.py"
    path.write_text(SPEC.format(name=name) if text is None else text)
    return path


def test_a_model_is_loaded_with_its_path_and_the_digest_of_its_bytes(tmp_path: Path) -> None:
    path = write(tmp_path, "churn")

    loaded = load_spec("churn", [tmp_path])

    assert loaded.spec.name == "churn"
    assert loaded.path == path
    assert loaded.code_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_class_in_a_model_file_is_an_importable_type(tmp_path: Path) -> None:
    write(tmp_path, "churn")

    made = load_spec("churn", [tmp_path]).spec.estimator(0)

    assert f"{type(made).__module__}.{type(made).__qualname__}" == "models.churn.Doubler"
    assert importlib.import_module("models.churn").Doubler is type(made)


def test_a_class_in_a_model_file_is_importable_in_a_process_that_loads_no_spec(
    tmp_path: Path,
) -> None:
    write(tmp_path / "team", "churn")
    code = (
        "from pathlib import Path; from headgate.spec_loading import add_models_path; "
        f"add_models_path([Path({str(tmp_path / 'team')!r})]); "
        "from models.churn import Doubler; print(Doubler.__module__)"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "models.churn"


def test_models_live_in_several_folders_and_the_first_one_wins(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    write(first, "churn")
    write(second, "churn")
    write(second, "fraud")

    assert load_spec("churn", [first, second]).path.parent == first
    assert load_spec("fraud", [first, second]).path.parent == second
    assert list_specs([first, second]) == ["churn", "fraud"]


def test_other_folders_bring_other_models(tmp_path: Path) -> None:
    write(tmp_path / "a", "churn")
    write(tmp_path / "b", "churn", SPEC.format(name="churn").replace('"y"', '"z"'))

    first = load_spec("churn", [tmp_path / "a"])
    second = load_spec("churn", [tmp_path / "b"])

    assert (first.spec.target, second.spec.target) == ("y", "z")


def test_folders_that_stay_keep_their_imported_classes(tmp_path: Path) -> None:
    write(tmp_path, "churn")
    before = load_spec("churn", [tmp_path]).spec.estimator(0)

    add_models_path([tmp_path, tmp_path / "more"])

    assert type(load_spec("churn", [tmp_path]).spec.estimator(0)) is type(before)


def test_a_changed_file_is_imported_again(tmp_path: Path) -> None:
    path = write(tmp_path, "churn")
    before = load_spec("churn", [tmp_path])

    path.write_text(path.read_text().replace('"y"', '"z"'))
    after = load_spec("churn", [tmp_path])

    assert (before.spec.target, after.spec.target) == ("y", "z")
    assert before.code_sha256 != after.code_sha256


def test_helpers_without_a_spec_are_no_models(tmp_path: Path) -> None:
    write(tmp_path, "churn")
    write(tmp_path, "helpers", "LIMIT = 3\n")

    assert list_specs([tmp_path, tmp_path / "absent"]) == ["churn"]


def test_a_missing_model_names_those_there_are_and_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, "churn")

    with pytest.raises(NotFoundError, match=r"there are: churn.*did you mean 'churn'"):
        load_spec("chrun", [tmp_path])


def test_a_name_that_is_no_model_name_never_becomes_a_path(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be used"):
        load_spec("../churn", [tmp_path])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("import json\nimport no_such_module\n", r"churn\.py:2 .*no_such_module"),
        ("x = 1\n\nx = = 2\n", r"churn\.py:3 .*SyntaxError"),
        ("x = 1\n", "no `spec`"),
        ("spec = 3\n", "a `spec` of type int"),
        (SPEC.format(name="fraud"), "declares the model 'fraud'"),
        (SPEC.format(name="churn").replace("target=", "targett="), r"py:9: .*mean 'target'"),
        (
            "from headgate.documents.rules import Split\nSplit(fractoin=1)\nspec = 1\n",
            r"churn\.py:2: Split cannot be used: 'fractoin'.*did you mean 'fraction'",
        ),
    ],
)
def test_a_file_that_cannot_be_used_says_why_and_where(
    tmp_path: Path, text: str, problem: str
) -> None:
    write(tmp_path, "churn", text)

    with pytest.raises(UsageError, match=problem):
        load_spec("churn", [tmp_path])
