"""Estimators that point outside themselves are refused before they predict."""

from collections.abc import Callable
from typing import Any

import pytest
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from headgate.artifacts.persistence import (
    dump_estimator,
    load_estimator,
)
from headgate.errors import IntegrityError
from tests.headgate.artifacts.samples import X, Y


def with_nodes(change: Callable[[Any], None]) -> bytes:
    """Return a decision tree whose nodes were changed by somebody else."""
    estimator = DecisionTreeClassifier(random_state=0).fit(X, Y)
    state = estimator.tree_.__getstate__()
    change(state["nodes"])
    estimator.tree_.__setstate__(state)
    return dump_estimator(estimator)


def point(field: str, target: int) -> Callable[[Any], None]:
    def change(nodes: Any) -> None:
        nodes[field][0] = target

    return change


@pytest.mark.parametrize(
    "change",
    [
        point("left_child", 10**6),
        point("right_child", -5),
        point("left_child", 0),
        point("feature", 3),
        point("feature", -2),
    ],
    ids=["outside", "negative", "itself", "column", "no column"],
)
def test_a_tree_that_points_outside_itself_is_refused_before_it_predicts(
    change: Callable[[Any], None],
) -> None:
    with pytest.raises(IntegrityError, match="points outside"):
        load_estimator(with_nodes(change))


def test_a_boosted_tree_that_points_outside_itself_is_refused() -> None:
    estimator = HistGradientBoostingClassifier(max_iter=2).fit(X, Y)
    estimator._predictors[1][0].nodes["feature_idx"][0] = 77

    with pytest.raises(IntegrityError, match="TreePredictor"):
        load_estimator(dump_estimator(estimator))


@pytest.mark.parametrize(("part", "value"), [(1, 10**6), (1, -1), (5, 9)])
def test_neighbours_that_point_outside_their_rows_are_refused(part: int, value: int) -> None:
    estimator = KNeighborsClassifier(algorithm="kd_tree", leaf_size=5).fit(X, Y)
    state = list(estimator._tree.__getstate__())
    if isinstance(state[part], int):
        state[part] = value
    else:
        state[part][0] = value
    estimator._tree.__setstate__(tuple(state))

    with pytest.raises(IntegrityError, match="KDTree"):
        load_estimator(dump_estimator(estimator))


def test_a_forest_whose_trees_expect_other_columns_is_refused() -> None:
    estimator = RandomForestClassifier(3, random_state=0).fit(X, Y)
    estimator.estimators_[1].n_features_in_ = 9

    with pytest.raises(IntegrityError, match="RandomForestClassifier"):
        load_estimator(dump_estimator(estimator))
