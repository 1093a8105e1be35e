from pathlib import Path

import joblib
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

import headgate
from headgate.ledger.entries import read_head
from headgate.store import Store
from tests.builders import a_report
from tests.headgate.cli.conftest import Cli


@pytest.fixture
def rows() -> pd.DataFrame:
    bunch = load_iris(as_frame=True)
    frame: pd.DataFrame = bunch.data.set_axis(["a", "b", "c", "d"], axis=1)
    return frame.assign(kind=bunch.target_names[bunch.target].astype(str)).sample(
        frac=1, random_state=0
    )


@pytest.fixture
def fitted(rows: pd.DataFrame) -> Pipeline:
    train = rows.iloc[:100]
    scaled = make_column_transformer((StandardScaler(), ["a", "b", "c", "d"]))
    model = make_pipeline(scaled, LogisticRegression(max_iter=500))
    return model.fit(train[["a", "b", "c", "d"]], train["kind"])


def test_a_joblib_file_becomes_an_ordinary_version(
    cli: Cli, rows: pd.DataFrame, fitted: Pipeline, tmp_path: Path
) -> None:
    joblib.dump(fitted, tmp_path / "model.joblib")
    rows.iloc[100:].to_csv(tmp_path / "judge.csv", index=False)
    command = (
        "import", "flowers", str(tmp_path / "model.joblib"),
        "--data", str(tmp_path / "judge.csv"), "--target", "kind",
    )  # fmt: skip

    refused, done = cli(*command), cli(*command, "--allow-pickle", "--json")

    assert refused.code == 2
    assert "--allow-pickle" in refused.err
    assert done.code == 0, done.err
    assert done.document["version"] == "v0001"
    assert cli("models", "flowers").code == 0


def test_a_notebook_records_versions_and_rollback_checks_what_it_brings_back(
    cli: Cli, store: Store, rows: pd.DataFrame, fitted: Pipeline, tmp_path: Path
) -> None:
    for run_id in ("one", "two"):
        made = headgate.record_version(
            "flowers", fitted, rows.iloc[100:], target="kind", run_id=run_id
        )
        a_report(store, made.version, model="flowers")
        assert cli("promote", "flowers", made.version, "--direct").code == 0
    model = store.get("models/flowers/versions/v0001.json").decode()
    key = model.split('"model.skops":{"key":"')[1].split('"')[0]
    file = tmp_path / "store" / key
    whole = file.read_bytes()

    file.write_bytes(whole[:-1] + b"x")
    refused = cli("rollback", "flowers", "--reason", "it is bad")
    file.write_bytes(whole)
    done = cli("rollback", "flowers", "--reason", "it is bad", "--json")

    assert refused.code == 1
    assert "not what was recorded" in refused.err
    assert (done.code, done.document["version"], done.document["hold"]) == (0, "v0001", True)
    head = read_head(store, "flowers")
    assert head is not None
    assert head.undoes == 2
