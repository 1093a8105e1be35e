"""Tensors of the Open Inference Protocol as columns of a contract."""

from typing import Any

import numpy as np
import pytest

from headgate.contract import BooleanColumn, CategoryColumn, Contract, IntegerColumn, NumberColumn
from serve.protocols.v2_inputs import input_metadata, read_tensors, to_columns
from serve.protocols.v2_shapes import RequestInput

GAPS = Contract(
    columns=(
        NumberColumn(name="number", nullable=True),
        IntegerColumn(name="integer", nullable=True),
        BooleanColumn(name="boolean", nullable=True),
        CategoryColumn(name="category", categories=("a",), nullable=True),
    )
)


def test_missing_is_nan_null_or_no_tensor_and_for_a_category_also_empty() -> None:
    nan = float("nan")
    inputs = [
        RequestInput(name="number", shape=[3], datatype="FP32", data=[1.5, nan, None]),
        RequestInput(name="boolean", shape=[3], datatype="BOOL", data=[True, False, None]),
        RequestInput(name="category", shape=[3], datatype="BYTES", data=["a", "", None]),
    ]

    columns = to_columns(read_tensors(inputs, b""), GAPS, 10)
    cleaned = GAPS.clean_columns(columns.values, columns.n_rows)

    assert cleaned.values == {
        "number": [1.5, None, None],
        "integer": [None, None, None],
        "boolean": [True, False, None],
        "category": ["a", None, None],
    }


@pytest.mark.parametrize("datatype", ["FP16", "FP32", "FP64", "INT8", "UINT8", "INT64", "UINT64"])
def test_a_tensor_means_the_same_in_json_and_in_bytes(datatype: Any) -> None:
    kind = {"F": "f", "I": "i", "U": "u"}[datatype[0]]
    width = int("".join(filter(str.isdigit, datatype))) // 8
    numbers = np.array([1.1, 100.7, 7.0]).astype(f"<{kind}{width}")
    in_json = RequestInput(name="x", shape=[3], datatype=datatype, data=numbers.tolist())
    size = {"binary_data_size": numbers.nbytes}
    in_bytes = RequestInput(name="x", shape=[3], datatype=datatype, parameters=size)

    assert read_tensors([in_json], b"") == read_tensors([in_bytes], numbers.tobytes())


def test_every_column_type_has_a_datatype() -> None:
    datatypes = [tensor.datatype for tensor in input_metadata(GAPS)]

    assert datatypes == ["FP64", "INT64", "BOOL", "BYTES"]
