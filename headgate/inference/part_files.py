"""The bytes of a part: the same rows and answers give the same bytes every time."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from headgate.documents.runs import Plan
from headgate.scoring.answers import Scored, label_of
from headgate.scoring.estimators import ClassValue

REJECTED_SCHEMA = pa.schema([("row_id", pa.int64()), ("reasons", pa.list_(pa.string()))])
CLASSES = b"headgate.classes"


def encode_answers(plan: Plan, first_row_id: int, scored: Scored, labels: bytes) -> bytes:
    """Return the accepted rows of a part as Parquet, in the order of the input.

    ``labels`` are kept in the file's metadata: the classes that the probabilities belong to.
    """
    n_rows = len(scored.accepted)
    schema = _answer_schema(scored.classes).with_metadata({CLASSES: labels})
    columns = [
        [first_row_id + position for position in scored.accepted],
        _plain(scored),
        _confidences(scored),
        _probabilities(scored),
        [list(scored.flags[at]) if at in scored.flags else None for at in scored.accepted],
        [plan.version] * n_rows,
        [plan.run_id] * n_rows,
        [plan.planned_at] * n_rows,
    ]
    return _encode(schema, columns)


def encode_rejected(first_row_id: int, scored: Scored) -> bytes:
    """Return the rejected rows of a part and their reasons as Parquet."""
    row_ids = [first_row_id + position for position in scored.errors]
    reasons = [
        [f"{error.field}: {error.problem}" if error.field else error.problem for error in fields]
        for fields in scored.errors.values()
    ]
    return _encode(REJECTED_SCHEMA, [row_ids, reasons])


def count_encoded(data: bytes) -> int:
    """Return how many rows a part's file holds."""
    return int(pyarrow.parquet.read_metadata(BytesIO(data)).num_rows)


def decode(data: bytes) -> Any:
    """Return a part's file as an Arrow table."""
    return pyarrow.parquet.ParquetFile(BytesIO(data)).read()


def _answer_schema(classes: Sequence[ClassValue] | None) -> Any:
    return pa.schema(
        [
            ("row_id", pa.int64()),
            ("prediction", _prediction_type(classes)),
            ("confidence", pa.float64()),
            ("probabilities", pa.list_(pa.float64())),
            ("flags", pa.list_(pa.string())),
            ("version", pa.string()),
            ("run_id", pa.string()),
            ("scored_at", pa.timestamp("us", tz="UTC")),
        ]
    )


def _prediction_type(classes: Sequence[ClassValue] | None) -> Any:
    if classes is None:
        return pa.float64()
    kinds = {type(value) for value in classes}
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int}:
        return pa.int64()
    return pa.float64() if kinds <= {int, float} else pa.string()


def _plain(scored: Scored) -> list[ClassValue | None]:
    """Return the predictions in the target's own type; classes of mixed types as text."""
    if _prediction_type(scored.classes) != pa.string():
        return list(scored.predictions)
    return [None if value is None else label_of(value) for value in scored.predictions]


def _confidences(scored: Scored) -> Any:
    if scored.probabilities is None or scored.class_index is None:
        return [None] * len(scored.accepted)
    return scored.probabilities[np.arange(len(scored.accepted)), scored.class_index]


def _probabilities(scored: Scored) -> list[Any]:
    if scored.probabilities is None:
        return [None] * len(scored.accepted)
    return list(scored.probabilities)


def _encode(schema: Any, columns: Sequence[Any]) -> bytes:
    arrays = [
        pa.array(column, type=field.type) for field, column in zip(schema, columns, strict=True)
    ]
    written = BytesIO()
    pyarrow.parquet.write_table(
        pa.Table.from_arrays(arrays, schema=schema),
        written,
        version="2.6",
        compression="zstd",
        compression_level=3,
        row_group_size=64 * 1024,
        data_page_version="1.0",
        write_statistics=True,
        use_dictionary=["version", "run_id"] if "version" in schema.names else False,
    )
    return written.getvalue()
