import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from headgate.contract.frames import to_frame
from headgate.data.sources import read_frame
from headgate.errors import ConflictError, NotFoundError, UsageError
from headgate.scaffold.writing import write_spec
from headgate.spec import ModelSpec
from headgate.spec_loading import load_spec
from headgate.training.prepare import Declared, Prepared, prepare
from models.digits import source as digits

N = 300
ROOT = Path(__file__).resolve().parents[3]
RUFF = str(Path(sys.executable).with_name("ruff"))


@pytest.fixture(autouse=True)
def _restored_models() -> Iterator[None]:
    before = {name: m for name, m in sys.modules.items() if name.partition(".")[0] == "models"}
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "models"]:
        del sys.modules[name]
    sys.modules.update(before)


def table() -> pd.DataFrame:
    """Return rows of every plain kind; `age` and `city` decide the targets."""
    draw = np.random.default_rng(0)
    age = draw.integers(18, 80, N)
    city = draw.choice(["Rome", "Oslo", 'New "York"'], N)
    old = (age > 45) & (city != "Oslo")
    remark = np.where(old, "lovely warm place", "horrid cold place")
    return pd.DataFrame(
        {
            "CustomerId": np.arange(N) + 1000,
            "age": age,
            "income": np.where(draw.random(N) < 0.1, np.nan, age * 2.5),
            "city": pd.Series(city).where(draw.random(N) > 0.1),
            "member": draw.random(N) < 0.5,
            "remark": [f"{text} {i}" for i, text in enumerate(remark)],
            "empty": [None] * N,
            "label": np.where(old, "yes", "no"),
            "grade": np.where(old, 1, 0),
            "spent": age * 3.5 + draw.normal(size=N),
        }
    )


def written(
    tmp_path: Path, frame: pd.DataFrame, target: str, *, kind: str = "csv"
) -> tuple[Path, ModelSpec]:
    data = tmp_path / "data" / f"d.{kind}"
    data.parent.mkdir(parents=True)
    if kind == "csv":
        frame.to_csv(data, index=False)
    else:
        frame.to_parquet(data)
    path = write_spec("shop", str(data), target, tmp_path / "models")
    return path, load_spec("shop", [tmp_path / "models"]).spec


def trained_score(spec: ModelSpec) -> float:
    """Fit what the spec says on its training rows and score it on its holdout."""
    prepared = prepare(read_frame(spec.source), Declared.of(spec))
    assert not prepared.quarantined
    estimator = spec.estimator(spec.seed)
    # On a busy machine trees on several threads wait for each other.
    with threadpool_limits(1):
        estimator.fit(*side(prepared, prepared.is_train))
    X, y = side(prepared, prepared.is_holdout)
    return float(estimator.score(X, y))  # type: ignore[attr-defined]


def side(prepared: Prepared, chosen: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    frame = to_frame(prepared.contract, prepared.values)
    return frame[chosen], np.array(prepared.targets)[chosen]


PICKS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "numbers": lambda d: d[["age", "income", "spent", "label"]],
    "categories": lambda d: d[["age", "city", "member", "label"]],
    "only categories": lambda d: d[["CustomerId", "city", "member", "label"]],
    "text": lambda d: d[["remark", "label"]],
    "text and the rest": lambda d: d[["remark", "age", "income", "city", "member", "label"]],
    "boolean gaps": lambda d: d[["age", "label"]].assign(
        member=pd.Series([True, False, None] * (N // 3), dtype=object)
    ),
}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("pick", PICKS)
def test_a_written_file_trains_without_an_edit(tmp_path: Path, pick: str, kind: str) -> None:
    _, spec = written(tmp_path, PICKS[pick](table()), "label", kind=kind)

    score = trained_score(spec)

    assert spec.task == "classification"
    assert score > 0.6


@pytest.mark.parametrize("names", [["age", "city"], ["remark", "age", "city"]])
def test_a_written_regression_trains_without_an_edit(tmp_path: Path, names: list[str]) -> None:
    _, spec = written(tmp_path, table()[[*names, "spent"]], "spent")

    score = trained_score(spec)

    assert (spec.task, spec.rules().metrics.primary) == ("regression", "r2")
    assert score > 0.8


def test_written_images_train_without_an_edit(tmp_path: Path) -> None:
    _, spec = written(tmp_path, digits()[:400], "digit", kind="parquet")

    assert [column.type for column in spec.features] == ["image"]
    assert trained_score(spec) > 0.8


LINTED: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    **PICKS,
    "repeated rows": lambda d: d[["city", "label"]],
    "odd names": lambda d: d.assign(**{"a" * 120: d["age"], 'q"d': d["age"], "it's": d["age"]}),
}


@pytest.mark.parametrize("pick", LINTED)
def test_a_written_file_passes_the_linter(tmp_path: Path, pick: str) -> None:
    path, _ = written(tmp_path, LINTED[pick](table()), "label")

    for arguments in (["check"], ["format", "--check", "--diff"]):
        command = [RUFF, *arguments, "--config", str(ROOT / "pyproject.toml"), str(path)]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout + path.read_text()


def test_every_column_is_listed_with_its_policy(tmp_path: Path) -> None:
    path, spec = written(tmp_path, table(), "label")

    assert [column.name for column in spec.features] == [
        *("age", "income", "city", "member", "remark", "grade", "spent")
    ]
    assert 'IntegerColumn(name="age", policy="flag"),  # 18 to 79' in path.read_text()
    assert 'CategoryColumn(name="city", nullable=True, policy="reject")' in path.read_text()


def test_ids_and_empty_columns_are_left_out_and_said_so(tmp_path: Path) -> None:
    path, spec = written(tmp_path, table(), "label")

    assert spec.exclude == ("empty", "CustomerId")
    assert "# 'CustomerId' is left out: every value is different" in path.read_text()


def test_where_rows_repeat_an_id_keeps_equal_rows_from_sharing_a_side(tmp_path: Path) -> None:
    few = table()[["CustomerId", "city", "member", "label"]]

    path, spec = written(tmp_path / "with", few, "label")
    bare, without = written(tmp_path / "without", few.drop(columns="CustomerId"), "label")

    assert spec.split.key == ("CustomerId",)
    assert without.split.key == ()
    assert all("Equal rows share a side" in p.read_text() for p in (path, bare))


def test_where_rows_differ_their_content_decides_their_side(tmp_path: Path) -> None:
    path, spec = written(tmp_path, table(), "label")

    assert spec.split.key == ()
    assert "Equal rows" not in path.read_text()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("customer_id", [i % 7 for i in range(N)]),
        ("serial", list(range(N))),
        ("order_id", [i + 0.5 for i in range(N)]),
    ],
)
def test_what_only_may_be_an_id_stays_and_is_noted(
    tmp_path: Path, name: str, values: list[object]
) -> None:
    path, spec = written(
        tmp_path, table()[["age", "label"]].assign(**{name: pd.Series(values)}), "label"
    )

    assert name in [column.name for column in spec.features]
    assert "move it to exclude" in path.read_text()


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["a", "b"] * (N // 2), "classification"),
        ([True, False] * (N // 2), "classification"),
        ([i % 20 for i in range(N)], "classification"),
        ([i % 21 for i in range(N)], "regression"),
        ([i / 7 for i in range(N)], "regression"),
        ([None, *(float(i % 3) for i in range(N - 1))], "classification"),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_target_decides_the_task(
    tmp_path: Path, values: list[object], task: str, kind: str
) -> None:
    frame = table()[["age", "city"]].assign(target=pd.Series(values))

    _, spec = written(tmp_path, frame, "target", kind=kind)

    assert spec.task == task


@pytest.mark.parametrize(
    ("classes", "metric"),
    [
        (["no"] * 90 + ["yes"] * 10, "accuracy"),
        (["no"] * 91 + ["yes"] * 9, "average_precision"),
        (["no"] * 9 + ["yes"] * 91, "balanced_accuracy"),
        ([0] * 95 + [1] * 5, "average_precision"),
        (["a"] * 50 + ["b"] * 45 + ["c"] * 5, "f1_macro"),
    ],
)
def test_where_a_class_is_rare_accuracy_is_never_proposed(
    tmp_path: Path, classes: list[object], metric: str
) -> None:
    frame = pd.DataFrame({"age": range(300), "target": classes * 3})

    path, spec = written(tmp_path, frame, "target")

    assert spec.rules().metrics.primary == metric
    assert ("accuracy would hardly notice" in path.read_text()) is (metric != "accuracy")


def test_data_beside_the_models_folder_are_named_relative_to_it(tmp_path: Path) -> None:
    path, _ = written(tmp_path / "one", table()[["age", "label"]], "label")

    (tmp_path / "one").rename(tmp_path / "two")
    moved = load_spec("shop", [tmp_path / "two" / "models"]).spec

    assert str(tmp_path) not in (tmp_path / "two" / "models" / path.name).read_text()
    assert len(read_frame(moved.source).frame) == N


def test_data_elsewhere_are_named_by_their_whole_path(tmp_path: Path) -> None:
    data = tmp_path / "elsewhere.csv"
    table()[["age", "label"]].to_csv(data, index=False)

    path = write_spec("shop", str(data), "label", tmp_path / "deep" / "models")

    assert f'SOURCE = "{data}"' in path.read_text()


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    path, _ = written(tmp_path, table()[["age", "label"]], "label")
    before = path.read_bytes()

    with pytest.raises(ConflictError, match="exists already"):
        write_spec("shop", "any.csv", "label", tmp_path / "models")

    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("frame", "target", "problem"),
    [
        (table(), "labl", "did you mean 'label'"),
        (table(), "remark", "300 different texts in 300 rows"),
        (table(), "empty", "no usable value"),
        (table()[["label"]], "label", "no column to learn 'label' from"),
        (table()[["CustomerId", "label"]], "label", "no column to learn"),
        (table().assign(one="x"), "one", "a single value"),
    ],
)
def test_data_that_teach_nothing_are_refused(
    tmp_path: Path, frame: pd.DataFrame, target: str, problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        written(tmp_path, frame, target)

    assert not (tmp_path / "models").exists()


def test_a_uri_with_a_secret_is_never_written_down(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="stand in the") as caught:
        write_spec("shop", "https://ann:hunter2@host/a.csv", "label", tmp_path)

    assert "hunter2" not in str(caught.value)


def test_data_that_are_not_there_are_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        write_spec("shop", str(tmp_path / "gone.csv"), "label", tmp_path)
