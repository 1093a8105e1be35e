"""Three ways through the same trees find the same leaves: scikit-learn's own."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor

from headgate.compiled.sessions import open_session
from headgate.compiled.trees.forest import Forest
from headgate.compiled.trees.graphs import LeafGraph
from headgate.compiled.trees.masks import LeafMasks
from headgate.compiled.trees.walking import LeafWalk
from headgate.compiling.leaf_graph import leaf_graph
from headgate.compiling.tree_arrays import of_boosting, of_trees

N_COLUMNS = 5


def rows(n: int, *, gaps: bool = True) -> NDArray[np.float64]:
    draw = np.random.default_rng(n)
    X = np.asarray(draw.normal(size=(n, N_COLUMNS)).astype(np.float32), dtype=np.float64)
    X[:, 3] = X[:, 3] > 0
    if gaps:
        X[draw.random(X.shape) < 0.1] = np.nan
    return X


def forest(max_leaves: int | None) -> tuple[Any, Forest]:
    X = rows(400)
    y = np.nan_to_num(X).sum(axis=1)
    model = RandomForestRegressor(9, max_leaf_nodes=max_leaves, random_state=0).fit(X, y)
    return model, of_trees(model.estimators_).forest()


def beside(forest: Forest, n_columns: int = N_COLUMNS) -> NDArray[np.float64]:
    """Return rows at the thresholds themselves, and the next numbers on both sides."""
    inner = forest.leaf < 0
    at = np.full((int(inner.sum()), n_columns), 0.1)
    at[np.arange(len(at)), forest.column[inner]] = forest.threshold[inner]
    return np.concatenate([at, np.nextafter(at, np.inf), np.nextafter(at, -np.inf)])


@pytest.mark.parametrize("max_leaves", [2, 8, 9, 33, 64], ids="{} leaves".format)
def test_masks_find_the_leaves_that_walking_finds(max_leaves: int) -> None:
    _, trees = forest(max_leaves)
    masks = LeafMasks.of(trees)
    assert masks is not None

    for X in (rows(1000), beside(trees), rows(1), rows(3), np.full((2, N_COLUMNS), np.nan)):
        np.testing.assert_array_equal(masks.find(X), LeafWalk(trees).find(X))


def test_walking_finds_scikit_learns_leaves() -> None:
    model, trees = forest(None)
    X = rows(500)

    found = LeafWalk(trees).find(X)

    own = model.apply(X)
    np.testing.assert_array_equal(found, trees.leaf[own + trees.roots])


def test_the_graph_finds_the_leaves_that_walking_finds() -> None:
    _, trees = forest(None)
    graph = leaf_graph(trees, N_COLUMNS)
    assert graph is not None
    by_graph = LeafGraph.of(open_session(graph), trees, N_COLUMNS)

    for X in (rows(1000), beside(trees), rows(1), rows(8), np.full((2, N_COLUMNS), np.nan)):
        np.testing.assert_array_equal(by_graph.find(X), LeafWalk(trees).find(X))


def test_large_trees_have_no_masks() -> None:
    assert LeafMasks.of(forest(None)[1]) is None


def test_trees_of_a_single_leaf_ask_nothing() -> None:
    X = rows(50)
    model = RandomForestRegressor(3, random_state=0).fit(X, np.ones(50))
    trees = of_trees(model.estimators_).forest()
    masks = LeafMasks.of(trees)
    assert masks is not None

    np.testing.assert_array_equal(masks.find(X), np.tile([0, 1, 2], (50, 1)))
    np.testing.assert_array_equal(LeafWalk(trees).find(X), masks.find(X))


def on_and_off(n: int, n_columns: int) -> NDArray[np.float64]:
    return np.random.default_rng(n).integers(0, 2, (n, n_columns)).astype(np.float64)


@pytest.mark.parametrize("n_columns", [1, 8, 19], ids="{} columns".format)
def test_what_is_on_or_off_is_found_by_the_byte_as_by_walking(n_columns: int) -> None:
    X = on_and_off(600, n_columns)
    y = X @ np.arange(1, n_columns + 1) + np.sin(X.sum(axis=1))
    model = RandomForestRegressor(7, max_leaf_nodes=60, random_state=0).fit(X, y)
    trees = of_trees(model.estimators_).forest()
    masks = LeafMasks.of(trees)
    assert masks is not None
    assert masks.switches.bytes_at is not None
    gap = on_and_off(40, n_columns)
    gap[3, 0] = np.nan
    endless = on_and_off(40, n_columns)
    endless[:2, 0] = np.inf, -np.inf

    for asked in (X, X[:1], beside(trees, n_columns), gap, gap[3:4], endless):
        np.testing.assert_array_equal(masks.find(asked), LeafWalk(trees).find(asked))


def test_switches_of_too_many_trees_are_found_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("headgate.compiled.trees.switches.MAX_BYTES", 1000)
    X = on_and_off(300, 9)
    model = RandomForestRegressor(5, max_leaf_nodes=40, random_state=0).fit(X, X.sum(axis=1))
    trees = of_trees(model.estimators_).forest()
    masks = LeafMasks.of(trees)
    assert masks is not None
    assert masks.switches.bytes_at is None

    np.testing.assert_array_equal(masks.find(X), LeafWalk(trees).find(X))


@pytest.mark.parametrize("max_leaves", [20, None], ids=["small", "large"])
def test_categories_lead_where_scikit_learn_leads_them(max_leaves: int | None) -> None:
    draw = np.random.default_rng(4)
    X = np.column_stack([draw.integers(0, 40, 2000), draw.normal(size=2000)]).astype(np.float64)
    X[::17, 0] = np.nan
    y = np.sin(np.nan_to_num(X[:, 0])) * 5 + X[:, 1] ** 2
    model = HistGradientBoostingRegressor(
        max_iter=5, max_leaf_nodes=max_leaves, min_samples_leaf=3, categorical_features=[0]
    ).fit(X, y)
    arrays = of_boosting(model)
    trees = arrays.forest()
    asked = np.array([[c, n] for c in (*range(60), 255.0, np.nan, -1.0) for n in (-1.0, 0.3)])
    asked = model._preprocessor.transform(asked)

    found = LeafWalk(trees).find(asked)

    masks = LeafMasks.of(trees)
    assert (masks is None) == (max_leaves is None)
    if masks is not None:
        np.testing.assert_array_equal(masks.find(asked), found)
    values = arrays.values[found, 0].sum(axis=1) + model._baseline_prediction[0, 0]
    raw = sum(
        stage[0].predict(asked, *model._bin_mapper.make_known_categories_bitsets(), n_threads=1)
        for stage in model._predictors
    )
    np.testing.assert_allclose(values, raw + model._baseline_prediction[0, 0], rtol=1e-12)
    assert leaf_graph(trees, 2) is None
