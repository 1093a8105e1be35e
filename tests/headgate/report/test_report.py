"""The report of a version: complete, self-contained and safe to open."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from headgate.artifacts.files import REPORT
from headgate.artifacts.loading import read_file
from headgate.documents.rules import Metrics, Rules
from headgate.store import Store, open_store
from headgate.training.recording import record_version
from tests.headgate.training.small_models import FLOWERS, PRICES, train, write_model

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="module")
def flowers(folder: Path) -> str:
    store = open_store(str(folder / "runtime"))
    manifest = train(store, write_model(folder, "flowers", FLOWERS))[0]
    return read_file(store, manifest, REPORT).decode()


@pytest.fixture(scope="module")
def prices(folder: Path) -> str:
    store = open_store(str(folder / "runtime"))
    manifest = train(store, write_model(folder, "prices", PRICES))[0]
    return read_file(store, manifest, REPORT).decode()


class Page(HTMLParser):
    """Collects headings, pictures, and whatever could run or load something."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.captions: list[str] = []
        self.pictures = 0
        self.suspicious: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        given = {name: value or "" for name, value in attrs}
        if tag == "img":
            self.pictures += given["src"].startswith("data:image/png;base64,iVBOR")
        if tag in {"script", "link", "iframe", "object", "form", "a"}:
            self.suspicious.append(tag)
        if any(name.startswith("on") or "://" in value for name, value in given.items()):
            self.suspicious.append(f"{tag} {given}")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)
        if self.open and self.open[-1] == "figcaption":
            self.captions.append(data)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass


def recorded(store: Store, data: pd.DataFrame, metric: str = "accuracy") -> str:
    """Return the report of a small binary model of some data."""
    features = data.drop(columns="y")
    estimator = LogisticRegression().fit(features, data["y"])
    rules = Rules(task="classification", target="y", metrics=Metrics(primary=metric))
    manifest = record_version(
        store, "demo", estimator, data, "y", rules=rules, purpose=f"{EVIL} purpose"
    )
    return read_file(store, manifest, REPORT).decode()


def binary(rows: int = 80, **columns: Any) -> pd.DataFrame:
    generator = np.random.default_rng(1)
    frame = pd.DataFrame(generator.normal(size=(rows, 2)), columns=["a", "b"])
    return frame.assign(y=np.where(frame["a"] > 0, "yes", "no"), **columns)


def test_a_classification_shows_metrics_data_answers_and_origin(flowers: str) -> None:
    page = Page(flowers)

    assert page.headings == [
        "Metrics",
        "Data",
        "Answers on the holdout",
        "What the answers depend on",
        "Columns",
        "Served form",
        "Where it comes from",
    ]
    assert page.pictures == 2
    assert "Tell &lt;three&gt; species apart." in flowers
    assert "Run r1, attempt 1" in flowers


def test_a_regression_shows_errors_its_search_and_rows_left_out(prices: str) -> None:
    page = Page(prices)

    assert "Search" in page.headings
    assert [c.partition(";")[0] for c in page.captions[:2]] == ["Predicted against true", "Errors"]
    assert "max_depth=3" in prices
    assert "Why rows were left out" in prices
    assert "is missing" in prices


@pytest.mark.parametrize("name", ["flowers", "prices"])
def test_nothing_in_a_report_runs_or_is_fetched(name: str, request: pytest.FixtureRequest) -> None:
    html: str = request.getfixturevalue(name)

    assert Page(html).suspicious == []
    assert "default-src 'none'" in html


def test_whatever_came_with_the_data_is_escaped(store: Store) -> None:
    data = binary().rename(columns={"a": EVIL, "b": '" onload="x'})
    data["y"] = np.where(data["y"] == "yes", EVIL, "$no$ & <b>")

    html = recorded(store, data)

    assert Page(html).suspicious == []
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; purpose" in html


def test_two_classes_with_probabilities_have_their_curves(store: Store) -> None:
    captions = Page(recorded(store, binary())).captions

    assert any(caption.startswith("ROC curve of class yes") for caption in captions)
    assert any(caption.startswith("Precision and recall of class yes") for caption in captions)


def test_a_holdout_of_one_class_has_no_curves_and_no_area(store: Store) -> None:
    data = binary()
    estimator = LogisticRegression().fit(data[["a", "b"]], data["y"])
    rules = Rules(task="classification", target="y", metrics=Metrics(primary="roc_auc"))
    ones = data[data["y"] == "yes"].reset_index(drop=True)

    manifest = record_version(store, "demo", estimator, ones, "y", rules=rules)
    html = read_file(store, manifest, REPORT).decode()

    assert "roc_auc" not in manifest.metrics
    assert not any(caption.startswith("ROC") for caption in Page(html).captions)
    assert "roc_auc has no value on these rows" in html


def test_few_training_rows_are_cross_validated_beside_the_holdout(flowers: str) -> None:
    assert "5 folds" in flowers
    assert re.search(r"<td class=\"t\">0\.\d+ ± 0\.\d+</td>", flowers)


def test_a_model_fitted_elsewhere_says_why_there_are_no_folds(store: Store) -> None:
    assert "No cross-validation: Too few training rows" in recorded(store, binary())


def test_the_most_important_column_comes_first(store: Store) -> None:
    html = recorded(store, binary())

    section = html.partition("What the answers depend on")[2]
    rows = re.findall(r"<tr><td class=\"t\">(\w+)</td>", section)
    assert rows[0] == "a"


def test_a_model_of_text_says_why_no_importances_are_shown(store: Store) -> None:

    rows = pd.DataFrame({"t": ["good day", "bad day"] * 10, "y": ["yes", "no"] * 10})
    estimator = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(rows["t"], rows["y"])

    manifest = record_version(store, "texts", estimator, rows, "y")

    assert "shuffling whole texts or images" in read_file(store, manifest, REPORT).decode()


def test_many_classes_and_other_scripts_can_be_drawn(store: Store) -> None:
    generator = np.random.default_rng(2)
    X = pd.DataFrame(generator.normal(size=(200, 2)), columns=["a", "b"])
    y = pd.Series([f"класс 日本 {i}" for i in generator.integers(0, 15, 200)])
    estimator = LogisticRegression(max_iter=500).fit(X, y)

    manifest = record_version(store, "many", estimator, X.assign(y=y), "y")

    assert Page(read_file(store, manifest, REPORT).decode()).pictures == 2


def test_a_constant_regression_can_be_drawn(store: Store) -> None:
    rows = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "y": [5.0] * 4})

    manifest = record_version(store, "flat", Ridge().fit(rows[["a"]], rows["y"]), rows, "y")

    assert Page(read_file(store, manifest, REPORT).decode()).pictures >= 2
