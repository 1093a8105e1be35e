"""Predictions as CSV: a header, then one line a row, for whoever asks with ``Accept: text/csv``."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, cast

from fastapi import Request, Response

from headgate.scoring.answers import label_of
from serve.answering.answers import Json
from serve.bodies.media_types import CSV, prefers_csv
from serve.live import LiveModel

COPIED = ("label", "confidence", "model", "version", "prediction_id")
AS_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {CSV: {"schema": {"type": "string"}}}}}
"""For the document: the same answer can be had as CSV."""


def wants_csv(request: Request) -> bool:
    """Say whether the caller would rather have CSV than JSON."""
    return prefers_csv(",".join(request.headers.getlist("accept")))


def csv_response(rows: Sequence[Json], live: LiveModel) -> Response:
    """Return one line a row, in order, with a column for each class's probability.

    Flags are joined by ``;``. A refused row has nothing but its place and its ``error``. Where
    contributions were asked for, each has a column.
    """
    header = ["row", "prediction", "label", "confidence"]
    header += [f"probability_{label_of(value)}" for value in live.scorer.classes or ()]
    header += ["flags", "error", "model", "version", "prediction_id"]
    lines = [{"row": number, **_line(row)} for number, row in enumerate(rows)]
    header += [name for name in lines[0] if name not in header]
    file = io.StringIO()
    writer = csv.DictWriter(file, header, restval="", extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(lines)
    return Response(file.getvalue(), media_type=f"{CSV}; charset=utf-8")


def _line(row: Json) -> Json:
    if "error" in row:
        problems = cast(Sequence[Mapping[str, str]], row["fields"])
        return {"error": "; ".join(f"{p['field']} {p['problem']}" for p in problems)}
    line = {name: row[name] for name in COPIED if name in row}
    prediction = row["prediction"]
    line["prediction"] = str(prediction).lower() if isinstance(prediction, bool) else prediction
    line["flags"] = ";".join(cast(Sequence[str], row["flags"]))
    line |= _spread(row, "probabilities", "probability") | _spread(row, "contributions")
    return line


def _spread(row: Json, key: str, name: str = "contribution") -> Json:
    values = cast(Mapping[str, object] | None, row.get(key)) or {}
    return {f"{name}_{of}": value for of, value in values.items()}
