"""Trees as an ONNX graph that answers with leaves; see `headgate.compiled.trees.graphs`."""

import numpy as np
from onnx import TensorProto, helper

from headgate.compiled.trees.forest import Forest
from headgate.compiled.trees.graphs import INPUT, OUTPUT, thresholds_of
from headgate.compiled.values import Indices

# Above, whole numbers are no longer exact in single precision.
MAX_EXACT = 2**24
OPSET, ML_OPSET, IR_VERSION = 17, 3, 8


def leaf_graph(forest: Forest, n_columns: int) -> bytes | None:
    """Return the graph of a forest, None if it asks for categories or is too large."""
    is_leaf = forest.leaf >= 0
    if (forest.category >= 0).any() or len(is_leaf) >= MAX_EXACT:
        return None
    tree = np.repeat(np.arange(len(forest.roots)), forest.ends - forest.roots)
    own = forest.roots[tree]
    node = helper.make_node(
        "TreeEnsembleRegressor",
        [INPUT],
        [OUTPUT],
        domain="ai.onnx.ml",
        name="trees",
        n_targets=len(forest.roots),
        aggregate_function="SUM",
        nodes_treeids=tree.tolist(),
        nodes_nodeids=(np.arange(len(tree)) - own).tolist(),
        nodes_featureids=forest.column.tolist(),
        nodes_modes=["LEAF" if one else "BRANCH_LEQ" for one in is_leaf],
        # A rank below the threshold's own is at most it; half-way between is exact.
        nodes_values=(_ranks(forest, n_columns) + 0.5).tolist(),
        nodes_truenodeids=np.where(is_leaf, 0, forest.left - own).tolist(),
        nodes_falsenodeids=np.where(is_leaf, 0, forest.right - own).tolist(),
        nodes_missing_value_tracks_true=forest.missing_left.astype(int).tolist(),
        target_treeids=tree[is_leaf].tolist(),
        target_nodeids=(np.arange(len(tree)) - own)[is_leaf].tolist(),
        target_ids=tree[is_leaf].tolist(),
        target_weights=(forest.leaf - forest.first_leaves[tree])[is_leaf].astype(float).tolist(),
    )
    graph = helper.make_graph(
        [node],
        "trees",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, n_columns])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [None, len(forest.roots)])],
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _ranks(forest: Forest, n_columns: int) -> Indices:
    """Return the place of each node's threshold among those of its column."""
    ranks = np.zeros(len(forest.leaf), dtype=np.intp)
    inner = forest.leaf < 0
    for j, thresholds in enumerate(thresholds_of(forest, n_columns)):
        own = inner & (forest.column == j)
        ranks[own] = np.searchsorted(thresholds, forest.threshold[own])
    return ranks
