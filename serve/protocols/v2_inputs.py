"""From a request's tensors to the columns of a contract."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from headgate.contract import CategoryColumn, Contract, IntegerColumn, NumberColumn
from headgate.contract.columns import Column
from headgate.contract.png import SIGNATURE
from headgate.errors import FieldError, InvalidInputError
from serve.bodies.csv_rows import Columns
from serve.errors import one_field
from serve.protocols.v2_datatypes import WrongTensorError, from_bytes, from_json
from serve.protocols.v2_shapes import Datatype, RequestInput, TensorMetadata

DATATYPES: Mapping[str, Datatype] = {
    "number": "FP64",
    "integer": "INT64",
    "boolean": "BOOL",
    "category": "BYTES",
    "text": "BYTES",
    "image": "BYTES",
}
NUMERIC = NumberColumn | IntegerColumn
SIZE = "binary_data_size"
# Far above any body: their product is a number that is quickly made and written.
MOST_SIDES, LONGEST_SIDE = 8, 2**31 - 1


@dataclass(frozen=True, slots=True)
class Tensor:
    """One decoded tensor."""

    name: str
    shape: tuple[int, ...]
    datatype: Datatype
    elements: list[object]


def input_metadata(contract: Contract) -> list[TensorMetadata]:
    """Return one tensor a column; other widths of its kind of number are taken as well."""
    return [
        TensorMetadata(name=c.name, datatype=DATATYPES[c.type], shape=[-1])
        for c in contract.columns
    ]


def read_tensors(inputs: Sequence[RequestInput], binary: bytes) -> list[Tensor]:
    """Return the tensors; those with a ``binary_data_size`` take their part of ``binary``.

    Raises:
        InvalidInputError: naming every tensor that is not what it says, or bytes left over.
    """
    tensors, fields, at = [], [], 0
    for tensor in inputs:
        size = tensor.parameters.get(SIZE)
        try:
            data = _slice(binary, at, size)
            tensors.append(_decoded(tensor, data))
        except WrongTensorError as err:
            fields.append(FieldError(tensor.name[:80], str(err)))
        at += size if isinstance(size, int) and 0 < size <= LONGEST_SIDE else 0
    if not fields and at != len(binary):
        fields = [FieldError("body", f"has {len(binary) - at} bytes that belong to no tensor")]
    if fields:
        raise InvalidInputError("The inputs cannot be read.", fields)
    return tensors


def to_columns(tensors: Sequence[Tensor], contract: Contract, most_rows: int) -> Columns:
    """Return the contract's columns: from a tensor each, or from one matrix of all the numbers.

    Raises:
        InvalidInputError: naming every tensor of a wrong shape, datatype or name.
    """
    matrix = _matrix(tensors, contract)
    if matrix is not None:
        width = len(contract.names)
        values = {name: matrix.elements[i::width] for i, name in enumerate(contract.names)}
        return _bounded(Columns(values, matrix.shape[0]), most_rows)
    n_rows = tensors[0].shape[0]
    columns = {column.name: column for column in contract.columns}
    fields = [
        FieldError(tensor.name[:80], problem)
        for i, tensor in enumerate(tensors)
        if (problem := _problem(tensor, columns.get(tensor.name), n_rows, tensors[:i]))
    ]
    if fields:
        raise InvalidInputError("The inputs do not fit the model's columns.", fields)
    values = {t.name: _values(columns[t.name], t) for t in tensors}
    return _bounded(Columns(values, n_rows), most_rows)


def _slice(binary: bytes, at: int, size: object) -> bytes | None:
    if size is None:
        return None
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= LONGEST_SIDE:
        raise WrongTensorError(f"has a {SIZE} that is no size")
    if at + size > len(binary):
        raise WrongTensorError(f"says {SIZE} {size}, but only {max(len(binary) - at, 0)} are left")
    return binary[at : at + size]


def _decoded(tensor: RequestInput, data: bytes | None) -> Tensor:
    _check_shape(tensor.shape)
    if (data is None) == (tensor.data is None):
        raise WrongTensorError(f"needs either data or {SIZE}")
    elements = (
        from_json(tensor.datatype, tensor.data or [], tensor.shape)
        if data is None
        else from_bytes(tensor.datatype, data, prod(tensor.shape))
    )
    return Tensor(tensor.name, tuple(tensor.shape), tensor.datatype, elements)


def _check_shape(shape: Sequence[int]) -> None:
    if len(shape) > MOST_SIDES:
        raise WrongTensorError(f"has {len(shape)} sides; {MOST_SIDES} are the most")
    if any(side < 0 for side in shape):
        raise WrongTensorError("has a negative side in its shape")
    if any(side > LONGEST_SIDE for side in shape):
        raise WrongTensorError(f"has a side of more than {LONGEST_SIDE}")


def _matrix(tensors: Sequence[Tensor], contract: Contract) -> Tensor | None:
    """Return the one tensor that holds every column, where the contract is all numbers."""
    if len(tensors) != 1 or not all(isinstance(c, NUMERIC) for c in contract.columns):
        return None
    (tensor,) = tensors
    is_column = tensor.name in contract.names and len(contract.names) > 1
    if is_column or len(tensor.shape) != 2 or tensor.datatype in {"BYTES", "BOOL"}:
        return None
    width = len(contract.names)
    if tensor.shape[1] != width:
        raise one_field(
            f"A single matrix must have the model's {width} columns, in the order of its inputs.",
            tensor.name[:80],
            f"has {tensor.shape[1]} columns, not {width}",
        )
    return tensor


def _problem(
    tensor: Tensor, column: Column | None, n_rows: int, before: Sequence[Tensor]
) -> str | None:
    if column is None:
        return "is not an input of this model"
    if any(tensor.name == other.name for other in before):
        return "is there more than once"
    if tensor.shape not in {(n_rows,), (n_rows, 1)}:
        return f"has shape {list(tensor.shape)[:8]}, not [{n_rows}] or [{n_rows}, 1]"
    wanted = DATATYPES[column.type]
    fits = (
        tensor.datatype not in {"BYTES", "BOOL"}
        if isinstance(column, NUMERIC)
        else tensor.datatype == wanted
    )
    return None if fits else f"is {tensor.datatype}, but its column is {column.type} ({wanted})"


def _bounded(columns: Columns, most: int) -> Columns:
    if 1 <= columns.n_rows <= most:
        return columns
    problem = f"has {columns.n_rows} rows; one request takes 1 to {most}"
    raise one_field("The inputs have too many rows, or none.", "shape", problem)


def _values(column: Column, tensor: Tensor) -> list[object]:
    if tensor.datatype != "BYTES":
        return tensor.elements
    # An element has no null in bytes: where empty is no category of its own, it is missing.
    gap = isinstance(column, CategoryColumn) and "" not in column.categories
    return [_text(column.name, e, gap=gap) for e in tensor.elements]


def _text(name: str, element: object, *, gap: bool) -> object:
    if isinstance(element, bytes):
        if element.startswith(SIGNATURE):
            return base64.b64encode(element).decode()
        try:
            element = element.decode()
        except UnicodeError as err:
            sentence = "The inputs cannot be read."
            raise one_field(sentence, name, "holds bytes that are not UTF-8") from err
    return None if gap and element == "" else element
