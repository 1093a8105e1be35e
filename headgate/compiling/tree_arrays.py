"""From scikit-learn's trees to the one layout of arrays that plans have."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from headgate.compiled.trees.forest import N_CATEGORIES, Forest

Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class TreeArrays:
    """The arrays of `headgate.compiled.steps.trees.Trees`, without its offset."""

    column: Ints
    threshold: NDArray[np.float64]
    left: Ints
    right: Ints
    missing_left: NDArray[np.uint8]
    leaf: Ints
    category: Ints
    goes_left: NDArray[np.uint8]
    roots: Ints
    values: NDArray[np.float64]

    def by_name(self) -> dict[str, NDArray[Any]]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def forest(self) -> Forest:
        """Return the same as the trees are read from a form."""
        return Forest.of(self.by_name())

    def asking(self, columns: Sequence[Any]) -> Self:
        """Return the trees asking for columns of the whole: ``columns`` lists each tree's own."""
        of_node = np.repeat(np.arange(len(self.roots)), self._n_nodes)
        pairs = zip(of_node.tolist(), self.column.tolist(), strict=True)
        asked = [columns[tree][one] for tree, one in pairs]
        return replace(self, column=np.array(asked, dtype=np.int32))

    def voting(self, weights: Any, others: Any) -> Self:
        """Return the trees giving their likeliest class a weight, and every other class another."""
        is_leaf = self.leaf >= 0
        of_leaf = np.repeat(np.arange(len(self.roots)), self._n_nodes)[is_leaf]
        likeliest = self.values.argmax(axis=1)[:, None] == np.arange(self.values.shape[1])
        own, other = np.asarray(weights)[of_leaf, None], np.asarray(others)[of_leaf, None]
        return replace(self, values=np.where(likeliest, own, other))

    @property
    def _n_nodes(self) -> Ints:
        return np.diff(np.append(self.roots, len(self.leaf))).astype(np.int32)


def of_trees(members: Sequence[Any], times: float = 1.0) -> TreeArrays:
    """Return the arrays of decision trees, their leaf values multiplied."""
    nodes = [one.tree_.__getstate__()["nodes"] for one in members]
    values = [one.tree_.value[:, 0, :] for one in members]
    is_leaf = [part["left_child"] == -1 for part in nodes]
    return _together(
        nodes,
        is_leaf,
        names=("feature", "threshold", "left_child", "right_child", "missing_go_to_left"),
        values=np.concatenate([v[own] for v, own in zip(values, is_leaf, strict=True)]) * times,
        category=np.full(sum(map(len, nodes)), -1),
        goes_left=np.zeros((0, N_CATEGORIES)),
    )


def of_boosting(model: Any) -> TreeArrays:
    """Return the arrays of a histogram-based gradient boosting."""
    members = [one for stage in model._predictors for one in stage]
    nodes = [one.nodes for one in members]
    is_leaf = [part["is_leaf"] != 0 for part in nodes]
    category, goes_left = _categories(model, members)
    return _together(
        nodes,
        is_leaf,
        names=("feature_idx", "num_threshold", "left", "right", "missing_go_to_left"),
        values=np.concatenate(
            [part["value"][own] for part, own in zip(nodes, is_leaf, strict=True)]
        )[:, None],
        category=category,
        goes_left=goes_left,
    )


def _together(
    nodes: Sequence[Any],
    is_leaf: Sequence[NDArray[np.bool_]],
    *,
    names: tuple[str, str, str, str, str],
    values: NDArray[np.float64],
    category: Any,
    goes_left: Any,
) -> TreeArrays:
    roots = np.cumsum([0, *map(len, nodes[:-1])])
    leaves = np.concatenate(is_leaf)
    column, threshold, left, right, missing_left = (
        np.concatenate([part[name] for part in nodes]) for name in names
    )
    own_root = np.repeat(roots, list(map(len, nodes)))
    return TreeArrays(
        column=np.where(leaves, 0, column).astype(np.int32),
        threshold=np.where(leaves, 0.0, threshold),
        left=np.where(leaves, 0, left + own_root).astype(np.int32),
        right=np.where(leaves, 0, right + own_root).astype(np.int32),
        missing_left=missing_left.astype(np.uint8),
        leaf=np.where(leaves, np.cumsum(leaves) - 1, -1).astype(np.int32),
        category=np.where(leaves, -1, category).astype(np.int32),
        goes_left=np.asarray(goes_left, dtype=np.uint8),
        roots=roots.astype(np.int32),
        values=values,
    )


def _categories(model: Any, members: Sequence[Any]) -> tuple[Any, Any]:
    """Return for each node its row of directions by category code, and those rows."""
    known, place = model._bin_mapper.make_known_categories_bitsets()
    category: list[int] = []
    rows: list[NDArray[Any]] = []
    for one in members:
        for node in one.nodes:
            if node["is_leaf"] or not node["is_categorical"]:
                category.append(-1)
                continue
            category.append(len(rows))
            is_left = _bits(one.raw_left_cat_bitsets[node["bitset_idx"]])
            is_known = _bits(known[place[node["feature_idx"]]])
            rows.append(np.where(is_left, 1, np.where(is_known, 0, node["missing_go_to_left"])))
    return category, np.array(rows).reshape(len(rows), N_CATEGORIES)


def _bits(words: NDArray[np.uint32]) -> NDArray[np.uint8]:
    return np.unpackbits(words.astype("<u4").view(np.uint8), bitorder="little")
