"""The tensors' datatypes: from JSON or raw bytes to Python values of a row, and back."""

import struct
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from math import isnan, prod
from typing import cast

import numpy as np
from numpy.typing import NDArray

from serve.protocols.v2_shapes import Datatype

NUMBERS: dict[Datatype, np.dtype[np.generic]] = {
    "BOOL": np.dtype("?"),
    "UINT8": np.dtype("<u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
    "INT8": np.dtype("<i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "FP16": np.dtype("<f2"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
}
FLOATS = frozenset[Datatype]({"FP16", "FP32", "FP64"})
Raw = bytes | str
NESTED = "is nested otherwise than its shape says"


class WrongTensorError(Exception):
    """The contents are not of the datatype; the text completes "<name> ..."."""


def from_bytes(datatype: Datatype, data: bytes, n_elements: int) -> list[object]:
    """Return ``n_elements`` little-endian elements, NaN as None; BYTES stay bytes.

    Raises:
        WrongTensorError: if the bytes hold more, fewer, or something else.
    """
    if datatype == "BYTES":
        found = list(_split(data))
        if len(found) != n_elements:
            raise WrongTensorError(f"holds {len(found)} elements, not {n_elements} as its shape")
        return list[object](found)
    dtype = NUMBERS[datatype]
    if len(data) != n_elements * dtype.itemsize:
        wanted = n_elements * dtype.itemsize
        raise WrongTensorError(f"holds {len(data)} bytes, not {wanted} as its shape and datatype")
    if datatype == "BOOL" and data.strip(b"\x00\x01"):
        raise WrongTensorError("holds a byte that is neither 0 nor 1")
    return _plain(np.frombuffer(data, dtype))


def from_json(datatype: Datatype, data: Sequence[object], shape: Sequence[int]) -> list[object]:
    """Return the elements of a flat list, or of lists nested as the shape is; null is missing.

    Numbers are rounded as the datatype does, so that a tensor means the same in JSON and in bytes.

    Raises:
        WrongTensorError: if there are more or fewer, or one does not fit the datatype.
    """
    flat = _flat(data, shape)
    if len(flat) != prod(shape):
        raise WrongTensorError(f"holds {len(flat)} elements, not {prod(shape)} as its shape")
    present = [value for value in flat if value is not None]
    if not all(map(_fitting(datatype), present)):
        raise WrongTensorError(f"holds an element that is no {datatype}")
    if datatype in {"BYTES", "BOOL"}:
        return flat
    values = iter(_rounded(datatype, cast(list[float], present)))
    return [None if value is None else next(values) for value in flat]


def to_bytes(datatype: Datatype, data: Sequence[object]) -> bytes:
    """Return elements as the binary extension writes them."""
    if datatype == "BYTES":
        texts = [str(value).encode() for value in data]
        return b"".join(chain.from_iterable((struct.pack("<I", len(t)), t) for t in texts))
    return np.array(data, NUMBERS[datatype]).tobytes()


def _split(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at) if at + 4 <= len(data) else (len(data),)
        at += 4 + length
        if at > len(data):
            raise WrongTensorError("ends within an element")
        yield data[at - length : at]


def _flat(data: Sequence[object], shape: Sequence[int]) -> list[object]:
    if not any(isinstance(item, list) for item in data):
        return list(data)
    level: list[object] = [data]
    for side in shape:
        if not all(isinstance(item, list) and len(item) == side for item in level):
            raise WrongTensorError(NESTED)
        level = list(chain.from_iterable(cast(list[list[object]], level)))
    if any(isinstance(item, list) for item in level):
        raise WrongTensorError(NESTED)
    return level


def _fitting(datatype: Datatype) -> Callable[[object], bool]:
    if datatype == "BYTES":
        return lambda value: isinstance(value, str)
    if datatype == "BOOL":
        return lambda value: isinstance(value, bool)
    if datatype in FLOATS:
        return lambda value: isinstance(value, int | float) and not isinstance(value, bool)
    ends = np.iinfo(NUMBERS[datatype].str)
    low, high = int(ends.min), int(ends.max)
    return lambda value: type(value) is int and low <= value <= high


def _rounded(datatype: Datatype, numbers: list[float]) -> list[object]:
    if datatype not in FLOATS:
        return list[object](numbers)
    try:
        with np.errstate(over="ignore"):
            return _plain(np.array(numbers, np.float64).astype(NUMBERS[datatype]))
    except OverflowError:
        raise WrongTensorError(f"holds an element that is no {datatype}") from None


def _plain(numbers: NDArray[np.generic]) -> list[object]:
    values = cast(list[object], numbers.tolist())
    if numbers.dtype.kind != "f" or not np.isnan(numbers).any():
        return values
    return [None if isinstance(value, float) and isnan(value) else value for value in values]
