"""The rows of a request as they may be logged: few, short, and without the columns to hide."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

REDACTED = "[redacted]"
MOST_ROWS = 20
MOST_COLUMNS = 100
MOST_CHARACTERS = 200
MOST_IN_ALL = 8192


@dataclass(frozen=True, slots=True)
class InputLog:
    """Writes rows without the values of the columns ``redact``."""

    redact: frozenset[str] = frozenset()

    def to_json(self, rows: Sequence[object]) -> str:
        """Return the first rows as JSON, bounded in size; what is no row has no columns to show."""
        text = json.dumps([self._row(row) for row in rows[:MOST_ROWS]])
        return text if len(text) <= MOST_IN_ALL else json.dumps(f"{len(rows)} rows, too long")

    def _row(self, row: object) -> object:
        if not isinstance(row, Mapping):
            return f"no object but {type(row).__name__}"
        return {
            str(name)[:MOST_CHARACTERS]: REDACTED if name in self.redact else _short(value)
            for name, value in islice(row.items(), MOST_COLUMNS)
        }


def _short(value: object) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return value[:MOST_CHARACTERS]
    # Nested values may hold a hidden column's.
    return f"{type(value).__name__} of {len(value)}" if isinstance(value, list | dict) else "?"
