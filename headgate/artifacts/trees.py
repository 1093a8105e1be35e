"""Bounds of the indices in loaded trees, which scikit-learn follows without looking.

skops checks types, not content: a planted tree could make the first prediction read foreign memory
or never end. https://github.com/scikit-learn/scikit-learn/pull/34558
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble._forest import BaseForest
from sklearn.ensemble._gb import BaseGradientBoosting
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.neighbors import BallTree, KDTree
from sklearn.tree._tree import Tree

from headgate.errors import IntegrityError

_PLAIN = (str, bytes, int, float, bool, type(None), type)


def check_indices(estimator: object) -> None:
    """Check every tree in an estimator before anything is predicted with it.

    Raises:
        IntegrityError: if a tree points outside itself, backwards, or to a column it has not.
    """
    for owner, part in _parts(estimator):
        if not _is_sound(owner, part):
            raise IntegrityError(
                f"A {type(part).__name__} in the artifact points outside its own nodes or "
                "columns. The artifact was altered; nothing was predicted with it."
            )


def _is_sound(owner: object, part: object) -> bool:
    # A tree's own count of columns comes from the same file; what X is checked against counts.
    n_columns = getattr(owner, "n_features_in_", None)
    if isinstance(part, Tree):
        nodes = part.__getstate__()["nodes"]
        inner = nodes["left_child"] != -1
        return n_columns is not None and _leads_down(
            inner, nodes["left_child"], nodes["right_child"], nodes["feature"], n_columns
        )
    if isinstance(part, TreePredictor):
        nodes = part.nodes
        inner = nodes["is_leaf"] == 0
        return (
            n_columns is not None
            and _leads_down(inner, nodes["left"], nodes["right"], nodes["feature_idx"], n_columns)
            and _categories_exist(part, nodes)
        )
    if isinstance(part, KDTree | BallTree):
        return _is_sound_neighbors(part.__getstate__())
    if isinstance(part, BaseForest | BaseGradientBoosting):
        return _members_fit(part)
    return True


def _members_fit(ensemble: Any) -> bool:
    """Tell whether the trees expect the ensemble's columns: it does not let them check X again."""
    members = np.asarray(getattr(ensemble, "estimators_", []), dtype=object).ravel()
    return all(member.n_features_in_ == ensemble.n_features_in_ for member in members)


def _leads_down(
    inner: NDArray[Any], left: NDArray[Any], right: NDArray[Any], column: NDArray[Any], n: int
) -> bool:
    """Tell whether each inner node leads to later nodes and asks for a column that exists."""
    here = np.flatnonzero(inner)
    children_later = all(
        bool(np.all((side[here] > here) & (side[here] < len(inner)))) for side in (left, right)
    )
    asked = column[here].astype(np.int64)
    return len(inner) > 0 and children_later and bool(np.all((asked >= 0) & (asked < n)))


def _categories_exist(part: Any, nodes: NDArray[Any]) -> bool:
    by_category = nodes[(nodes["is_leaf"] == 0) & (nodes["is_categorical"] != 0)]
    known = min(len(part.raw_left_cat_bitsets), len(part.binned_left_cat_bitsets))
    return bool(np.all(by_category["bitset_idx"].astype(np.int64) < known))


def _is_sound_neighbors(state: tuple[Any, ...]) -> bool:
    data, order, nodes, bounds, _leaf_size, n_levels, n_nodes = state[:7]
    n_rows = len(data)
    spans = (nodes["idx_start"] >= 0) & (nodes["idx_start"] <= nodes["idx_end"])
    return (
        n_nodes == len(nodes) == bounds.shape[1] == 2**n_levels - 1
        and bounds.shape[2] == data.shape[1]
        and len(order) == n_rows
        and bool(np.all((order >= 0) & (order < n_rows)))
        and bool(np.all(spans & (nodes["idx_end"] <= n_rows)))
        and bool(np.all(nodes["is_leaf"][n_nodes // 2 :] == 1))
    )


def _parts(root: object) -> Iterator[tuple[object, object]]:
    """Yield every object below ``root`` once, with the nearest estimator that holds it."""
    seen: set[int] = set()
    waiting: list[tuple[object, object]] = [(root, root)]
    while waiting:
        owner, part = waiting.pop()
        if id(part) in seen or isinstance(part, _PLAIN):
            continue
        seen.add(id(part))
        yield owner, part
        holder = part if hasattr(part, "n_features_in_") else owner
        waiting.extend((holder, child) for child in _children(part))


def _children(part: object) -> Iterable[object]:
    if isinstance(part, np.ndarray):
        return part.ravel().tolist() if part.dtype == object else ()
    if isinstance(part, Mapping):
        return part.values()
    if isinstance(part, list | tuple | set | frozenset):
        return part
    return vars(part).values() if hasattr(part, "__dict__") else ()
