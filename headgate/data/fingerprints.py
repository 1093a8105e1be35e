"""Digests of rows by content: the same whether a row came from CSV, Parquet or a database."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Values = Mapping[str, Sequence[object]]

# As a number is written; "007" is a code and stays text.
NUMBER = re.compile(r"[+-]?(?:0|[1-9]\d{0,299})(?:\.\d{0,999})?(?:[eE][+-]?\d{1,4})?", re.ASCII)
# Beyond this, neighbouring integers are one float.
MAX_EXACT = 2**53
MISSING = "-"


def canonical_text(value: object) -> str:
    """Return the one text of a value; its first character is the value's kind.

    >>> canonical_text(5), canonical_text(5.0), canonical_text("5"), canonical_text("5.00")
    ('n5.0', 'n5.0', 'n5.0', 'n5.0')
    >>> canonical_text(True), canonical_text("007"), canonical_text(None)
    ('b1', 's007', '-')
    """
    known = _CANONICAL.get(type(value))
    return known(value) if known else _other(value)


def row_fingerprints(values: Values) -> npt.NDArray[np.uint64]:
    """Return a 64-bit digest of each row's content; the order of the columns does not count."""
    start = hashlib.blake2b(_header(values), digest_size=8)
    digests = bytearray()
    for row in _rows(values):
        digest = start.copy()
        digest.update(row)
        digests += digest.digest()
    return np.frombuffer(digests, dtype=">u8").astype(np.uint64)


def frame_sha256(frame: "pd.DataFrame") -> str:
    """Return the SHA-256 of a frame's content; the order of its rows counts."""
    values = {str(name): frame[name].tolist() for name in frame.columns}
    whole = hashlib.sha256(_header(values))
    for row in _rows(values):
        whole.update(b"%d:" % len(row))
        whole.update(row)
    return whole.hexdigest()


def _header(values: Values) -> bytes:
    return "".join(f"{len(name)}:{name}" for name in sorted(values)).encode()


def _rows(values: Values) -> Iterator[bytes]:
    """Yield each row's cells with their lengths, so that no two rows read the same."""
    columns = [_cells(values[name]) for name in sorted(values)]
    for cells in zip(*columns, strict=True):
        yield "".join(cells).encode("utf-8", "surrogatepass")


def _cells(column: Sequence[object]) -> list[str]:
    return [f"{len(text)}:{text}" for text in map(canonical_text, column)]


def _float(value: float) -> str:
    if value != value:
        return MISSING
    if value.is_integer():
        return _integer(int(value))
    return f"n{value!r}"


def _integer(value: int) -> str:
    # repr(float) for what a float can hold, the exact digits beyond.
    return f"n{value}.0" if -MAX_EXACT <= value <= MAX_EXACT else f"n{value}"


def _string(value: str) -> str:
    # Most strings begin with a letter and need no closer look.
    if value[:1] not in _NUMBER_STARTS or NUMBER.fullmatch(value) is None:
        return f"s{value}"
    return _integer(int(value)) if value.lstrip("+-").isdecimal() else _float(float(value))


def _boolean(value: object) -> str:
    return "b1" if value else "b0"


def _other(value: object) -> str:
    if isinstance(value, np.generic):
        return canonical_text(value.item())
    if isinstance(value, bool | int | float | str):
        return _CANONICAL[next(kind for kind in type(value).__mro__ if kind in _CANONICAL)](value)
    if isinstance(value, Decimal):
        return _float(float(value))
    # NaT is a date too, but not equal to itself.
    if isinstance(value, date) and value == value:
        return f"d{value.isoformat()}"
    if isinstance(value, bytes):
        return f"x{value.hex()}"
    if type(value).__name__ in ("NAType", "NaTType"):
        return MISSING
    return f"o{value!r}"


_NUMBER_STARTS = frozenset("0123456789+-")
_CANONICAL: dict[type, Callable[..., str]] = {
    float: _float,
    int: _integer,
    str: _string,
    bool: _boolean,
    type(None): lambda _: MISSING,
}
