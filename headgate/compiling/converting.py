"""One estimator by skl2onnx, where plans have no rule for it: an attempt, for the proof to judge.

Much of what it converts it gets wrong, or right only to single precision, without a word. So it
gets single estimators behind a plan in double precision, and never a whole pipeline.
"""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from headgate.compiled.sessions import open_session
from headgate.compiled.steps.graphs import INPUT, OUTPUT

OPSETS = {"": 18, "ai.onnx.ml": 3}


class NoGraphError(Exception):
    """It cannot be converted, or onnxruntime cannot run what came of it."""


def graph_of(estimator: Any, width: int, answer: str) -> tuple[bytes, int, bool]:
    """Return the graph of a fitted estimator, the width of its answer, and whether it is single.

    ``width`` counts the columns it takes, ``answer`` is the method it stands for: transform,
    predict or predict_proba.

    Raises:
        NoGraphError: saying in one short sentence why there is none.
    """
    problems: list[str] = []
    for single in (False, True):
        try:
            graph = _converted(estimator, width, answer, single)
            made = _try(graph, width, single)
        # Converters are many people's code and raise anything, at any length.
        except Exception as err:  # noqa: BLE001
            problems.append(f"{type(err).__name__}: {str(err)[:120]}")
        else:
            return graph, made, single
    raise NoGraphError(problems[0])


def _converted(estimator: Any, width: int, answer: str, single: bool) -> bytes:
    # It takes a second to import, and hardly any training needs it.
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    kind = FloatTensorType if single else DoubleTensorType
    options = {id(estimator): {"zipmap": False}} if answer == "predict_proba" else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = convert_sklearn(
            estimator,
            name="model",
            initial_types=[(INPUT, kind([None, width]))],
            options=options,
            target_opset=OPSETS,
        )
    _keep_last_output(model.graph)
    _rename(model.graph)
    model.doc_string = model.producer_name = model.producer_version = model.domain = ""
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _keep_last_output(graph: Any) -> None:
    """Leave the one output that is asked for: of a classifier the probabilities come last."""
    while len(graph.output) > 1:
        del graph.output[0]


def _rename(graph: Any) -> None:
    """Name everything by its order: the converter's names differ from one call to the next."""
    names = {graph.input[0].name: INPUT, graph.output[0].name: OUTPUT, "": ""}
    for one in _graphs(graph):
        for i, node in enumerate(one.node):
            node.name = f"node{i}"
            for field in (node.input, node.output):
                field[:] = [names.setdefault(name, f"value{len(names)}") for name in field]
        for named in (*one.input, *one.output, *one.initializer, *one.value_info):
            named.name = names.setdefault(named.name, f"value{len(names)}")
        one.name = "graph"


def _graphs(graph: Any) -> Iterator[Any]:
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _graphs(attribute.g)


def _try(graph: bytes, width: int, single: bool) -> int:
    """Run it once, for much that converts does not run; return how many numbers a row becomes."""
    X = np.zeros((2, width), dtype=np.float32 if single else np.float64)
    (found,) = open_session(graph).run([OUTPUT], {INPUT: X})
    if np.asarray(found).dtype.kind not in "fiu" or len(found) != len(X):
        raise NoGraphError("it answers with something else than numbers by row")
    return int(np.asarray(found).size // len(X))
