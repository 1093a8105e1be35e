"""Decision trees of every kind, as one layout of arrays, and what their leaves say."""

from collections.abc import Callable
from dataclasses import fields
from functools import partial
from typing import Literal

import numpy as np

from headgate.compiled.archive import Arrays
from headgate.compiled.sessions import NoRuntimeError, open_session
from headgate.compiled.step import Kernel, Step
from headgate.compiled.trees.forest import Forest, LeafFinder
from headgate.compiled.trees.graphs import LeafGraph
from headgate.compiled.trees.masks import LeafMasks
from headgate.compiled.trees.walking import LeafWalk
from headgate.compiled.values import Batch, Indices, Matrix, Value

MAX_LEAF_NUMBERS = 4 * 1024 * 1024

FOREST = tuple(field.name for field in fields(Forest))


class Trees(Step):
    """The sum of what all trees say of a row, (n, outputs), plus ``offset``.

    A tree leads each row to one leaf: to the left where the number of the asked column is at most
    the threshold. Arrays by node: ``column``, ``threshold``, ``left``, ``right`` (positions of
    nodes), ``missing_left`` (where NaN goes), ``leaf`` (the leaf's position, -1 for inner nodes)
    and ``category`` (a row of ``goes_left``, -1 for a threshold). ``goes_left`` is (n, 256) of 0
    and 1, by category code. ``roots`` are the trees' first nodes, ``values`` (leaves, outputs).

    ``graph`` holds the bytes of `headgate.compiled.trees.graphs`, for trees too large for masks.
    With ``turns`` the leaves have one number each and tree ``t`` speaks for output ``t % turns``.
    """

    kind: Literal["trees"] = "trees"
    column: str
    threshold: str
    left: str
    right: str
    missing_left: str
    leaf: str
    category: str
    goes_left: str
    roots: str
    values: str
    offset: str
    turns: int | None = None
    divide: float = 1.0
    n_columns: int
    graph: str | None = None

    def kernel(self, arrays: Arrays) -> Kernel:
        (at,), find = self.inputs, self._finder(arrays).find
        values, offset = arrays[self.values], arrays[self.offset]
        divide = self.divide
        add = _adder(values, self.turns)

        def trees(batch: Batch) -> Value:
            X = batch.matrix(at)
            sums = add(find(X))
            if divide != 1.0:
                sums /= divide
            sums += offset
            return sums

        return trees

    def _finder(self, arrays: Arrays) -> LeafFinder:
        forest = Forest.of({name: arrays[getattr(self, name)] for name in FOREST})
        masks = LeafMasks.of(forest)
        if masks is not None:
            return masks
        graph = None if self.graph is None else arrays[self.graph].tobytes()
        return _by_graph(forest, graph, self.n_columns) or LeafWalk(forest)


def _by_graph(forest: Forest, graph: bytes | None, n_columns: int) -> LeafGraph | None:
    if graph is None:
        return None
    try:
        session = open_session(graph)
    except NoRuntimeError:
        # Slower without it, and the same answers.
        return None
    return LeafGraph.of(session, forest, n_columns)


def _adder(values: Matrix, turns: int | None) -> Callable[[Indices], Matrix]:
    n_outputs = values.shape[1]
    if n_outputs > 1:
        return partial(_sum_in_chunks, values)
    flat = np.ascontiguousarray(values[:, 0])
    if turns is None or turns == 1:
        return lambda leaves: np.add.reduce(flat[leaves], axis=1, keepdims=True)
    return lambda leaves: flat[leaves].reshape(len(leaves), -1, turns).sum(axis=1)


def _sum_in_chunks(values: Matrix, leaves: Indices) -> Matrix:
    step = max(MAX_LEAF_NUMBERS // (leaves.shape[1] * values.shape[1]), 1)
    chunks = [values[leaves[i : i + step]].sum(axis=1) for i in range(0, len(leaves), step)]
    return chunks[0] if len(chunks) == 1 else np.concatenate(chunks)
