"""Which columns of a data file are features, and what a person should look at."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from headgate.contract.columns import CategoryColumn, Column, IntegerColumn, NumberColumn
from headgate.contract.frames import plain_values
from headgate.contract.inference import infer_columns
from headgate.contract.parsing import MISSING_MARKERS
from headgate.data.sources import Frame
from headgate.errors import UsageError

ID_WORDS = frozenset({"id", "uuid", "guid", "key", "index", "idx", "rowid", "pk", "unnamed"})
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
WORDS = re.compile(r"[^a-z0-9]+")
MAX_ID_LENGTH = 64
MAX_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Features:
    """Columns to declare; ``notes`` say something about one, ``left_out`` why one is none.

    ``ids`` are those left out that name a row. ``words_per_text`` is the mean number of words in
    a text column, ``repeated_share`` the share of rows equal to an earlier one.
    """

    columns: tuple[Column, ...]
    notes: dict[str, str]
    left_out: dict[str, str]
    ids: tuple[str, ...]
    words_per_text: dict[str, float]
    repeated_share: float


def read_features(data: Frame, target: str) -> Features:
    """Infer the columns beside the target, and leave out those that cannot teach anything.

    Raises:
        UsageError: if none is left.
    """
    series = {str(name): data.frame[name] for name in data.frame.columns if name != target}
    values = {name: _present(plain_values(one, dates=True)) for name, one in series.items()}
    left_out = {name: "it is empty" for name, present in values.items() if not present}
    ids = tuple(
        name
        for name, present in values.items()
        if looks_like_id(name) and _all_different(present, len(data.frame))
    )
    left_out |= dict.fromkeys(ids, "every value is different and its name looks like an id")
    if not series.keys() - left_out.keys():
        raise UsageError(f"{data.uri} has no column to learn {target!r} from.")
    columns = infer_columns(data.frame, exclude=(target, *left_out), textual=data.textual)
    notes = {c.name: _note(c, values[c.name], len(data.frame)) for c in columns}
    words = {c.name: _mean_words(values[c.name]) for c in columns if c.type == "text"}
    return Features(
        columns=columns,
        notes={name: note for name, note in notes.items() if note},
        left_out=left_out,
        ids=ids,
        words_per_text=words,
        repeated_share=float(data.frame.drop(columns=list(left_out)).duplicated().mean()),
    )


def looks_like_id(name: str) -> bool:
    """Tell by the name whether a column identifies rows.

    >>> looks_like_id("PassengerId"), looks_like_id("id_customer"), looks_like_id("humidity")
    (True, True, False)
    """
    words = [word for word in WORDS.split(CAMEL.sub("_", name).lower()) if word]
    return bool(words) and bool(ID_WORDS & {words[0], words[-1]})


def _present(values: Sequence[object]) -> list[object]:
    return [value for value in values if value is not None and value not in MISSING_MARKERS]


def _all_different(present: Sequence[object], n_rows: int) -> bool:
    return len(present) == n_rows == len(set(present)) and all(map(_may_identify, present))


def _may_identify(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_ID_LENGTH and " " not in value and not _is_fraction(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _is_fraction(cell: str) -> bool:
    try:
        return not float(cell).is_integer()
    except (ValueError, OverflowError):
        return False


def _note(column: Column, present: Sequence[object], n_rows: int) -> str:
    if _all_different(present, n_rows):
        return "every value is different: if it identifies rows, move it to exclude"
    if looks_like_id(column.name):
        return "may identify rows: then move it to exclude, and see Split(group=...)"
    if isinstance(column, IntegerColumn):
        return f"{column.minimum} to {column.maximum}"
    if isinstance(column, NumberColumn):
        return f"{column.minimum:.6g} to {column.maximum:.6g}"
    if isinstance(column, CategoryColumn):
        more = ", ..." if len(column.categories) > MAX_SHOWN else ""
        shown = ", ".join(category[:20] for category in column.categories[:MAX_SHOWN])
        return f"{len(column.categories)} categories: {shown}{more}"
    return ""


def _mean_words(present: Sequence[object]) -> float:
    return sum(len(str(value).split()) for value in present) / max(len(present), 1)
