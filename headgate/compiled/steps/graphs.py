"""A step that onnxruntime does, for estimators that plans do not know."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from headgate.compiled.archive import Arrays
from headgate.compiled.sessions import open_session
from headgate.compiled.step import Map, MapStep
from headgate.compiled.values import Matrix, PlanError

INPUT, OUTPUT = "input", "output"


class Graph(MapStep):
    """An ONNX graph from (n, k) to (n, m) or (n,); its bytes are the array ``graph``.

    With ``single`` it takes single precision, and its answers are no better than that.
    """

    kind: Literal["graph"] = "graph"
    graph: str
    single: bool = False

    def map(self, arrays: Arrays) -> Map:
        session = open_session(arrays[self.graph].tobytes())
        dtype = np.float32 if self.single else np.float64

        def apply(X: Matrix) -> Matrix:
            try:
                (found,) = session.run([OUTPUT], {INPUT: X.astype(dtype, copy=False)})
            # Its errors share no base class but this, and quote what they were given.
            except Exception as err:
                raise PlanError(
                    f"onnxruntime cannot answer such a row ({type(err).__name__})."
                ) from err
            numbers: NDArray[np.float64] = np.asarray(found, dtype=np.float64)
            return numbers.reshape(len(X), -1)

        return apply
