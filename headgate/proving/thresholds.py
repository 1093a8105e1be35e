"""The numbers at which a fitted estimator decides: splits of trees, edges of bins."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

MAX_OBJECTS = 200_000
# Attributes of scikit-learn's transformers that hold such numbers, for one column or for each.
EDGES = ("bin_thresholds_", "bin_edges_", "quantiles_", "X_thresholds_")


def thresholds_of(estimator: object) -> Numbers:
    """Return every number a fitted estimator compares values with, sorted and each once.

    They are in the units of the step that compares, which a scaler before it may have changed.
    """
    found = [np.ravel(numbers) for part in _parts(estimator) for numbers in _own(part)]
    if not found:
        return np.empty(0)
    numbers = np.unique(np.concatenate(found).astype(np.float64))
    return numbers[np.isfinite(numbers)]


def _own(part: Any) -> Iterator[Numbers]:
    """Yield the numbers of one object; only what scikit-learn itself made is looked into."""
    children = getattr(part, "children_left", None)
    if isinstance(children, np.ndarray):
        yield part.threshold[children != -1]
    nodes = getattr(part, "nodes", None)
    if isinstance(nodes, np.ndarray) and "num_threshold" in (nodes.dtype.names or ()):
        yield nodes["num_threshold"][nodes["is_leaf"] == 0]
    for name in EDGES:
        edges = getattr(part, name, None)
        listed = edges if isinstance(edges, list | tuple) else [edges]
        yield from (one for one in map(_numeric, listed) if one is not None)


def _numeric(value: object) -> Numbers | None:
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiu":
        return value.astype(np.float64)
    if isinstance(value, np.ndarray) and value.dtype == object and len(value):
        return np.concatenate([np.ravel(np.asarray(one, dtype=np.float64)) for one in value])
    return None


def _parts(estimator: object) -> Iterator[object]:
    """Yield the objects an estimator is made of, each once."""
    seen: set[int] = set()
    waiting: list[object] = [estimator]
    while waiting and len(seen) < MAX_OBJECTS:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, list | tuple):
            waiting.extend(part)
        elif isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, np.ndarray):
            waiting.extend(part.ravel().tolist() if part.dtype == object else ())
        elif type(part).__module__.split(".")[0] == "sklearn":
            yield part
            waiting.extend(_held(part))


def _held(part: object) -> list[object]:
    # A tree of a forest is a compiled object with its arrays as properties, without __dict__.
    return [v for v in vars(part).values() if _may_hold(v)] if hasattr(part, "__dict__") else []


def _may_hold(value: object) -> bool:
    if isinstance(value, np.ndarray):
        return bool(value.dtype == object)
    return not isinstance(value, str | bytes | int | float | bool | type(None))
