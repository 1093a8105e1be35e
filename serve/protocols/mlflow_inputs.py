"""The bodies of MLflow's scoring protocol as columns: one of four keys says how rows are written.

NaN is missing here, as it is in the data frames these bodies are made of.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from pydantic import JsonValue

from headgate.errors import FieldError, InvalidInputError
from serve.bodies.csv_rows import Columns
from serve.errors import names_of, one_field, row_count

FORMS = ("dataframe_records", "dataframe_split", "instances", "inputs")
SPLIT_KEYS = frozenset({"columns", "index", "data"})


def to_columns(body: JsonValue, names: Sequence[str], most_rows: int) -> Columns:
    """Return the columns of a body; ``names`` are the model's, for rows that name none.

    Raises:
        InvalidInputError: unless it has exactly one of the four keys, with rows of one width.
    """
    form, value = _only(body)
    columns = _READERS[form](value, names)
    if not 1 <= columns.n_rows <= most_rows:
        raise row_count(columns.n_rows, most_rows)
    return columns


def _only(body: JsonValue) -> tuple[str, JsonValue]:
    wanted = f"The body must be an object with one of {', '.join(FORMS)}."
    if not isinstance(body, dict):
        raise one_field(wanted, "body", "must be an object")
    given = [form for form in FORMS if form in body]
    fields = [FieldError(key[:80], "is not known") for key in body if key not in {*FORMS, "params"}]
    if body.get("params"):
        fields.append(FieldError("params", "is not taken: the answers depend on the rows alone"))
    if len(given) != 1:
        fields.append(FieldError("body", f"has {len(given)} of them"))
    if fields:
        raise InvalidInputError(wanted, fields[:20])
    return given[0], body[given[0]]


def _records(value: JsonValue, names: Sequence[str]) -> Columns:
    if isinstance(value, list) and all(isinstance(row, dict) for row in value):
        return _of_objects(cast(list[dict[str, JsonValue]], value), names)
    raise one_field("The records must be a list of objects.", "dataframe_records", "is another")


def _split(value: JsonValue, names: Sequence[str]) -> Columns:
    if isinstance(value, dict) and value.keys() <= SPLIT_KEYS:
        columns, data = _texts(value.get("columns", list(names))), value.get("data")
        if isinstance(data, list) and columns is not None and len(set(columns)) == len(columns):
            return _of_lists(data, columns)
    raise one_field(
        'A split data frame is {"columns": [name, …], "data": [[value, …], …]}, each column once.',
        "dataframe_split",
        "has another form",
    )


def _instances(value: JsonValue, names: Sequence[str]) -> Columns:
    if not isinstance(value, list):
        raise one_field("The instances must be a list of rows.", "instances", "is no list")
    if value and isinstance(value[0], dict):
        return _records(value, names)
    if value and isinstance(value[0], list):
        return _of_lists(value, names)
    # A list of plain values is one column.
    return _of_lists([[item] for item in value], names)


def _inputs(value: JsonValue, names: Sequence[str]) -> Columns:
    if not isinstance(value, dict):
        return _instances(value, names)
    columns = {name: _column(item) for name, item in value.items()}
    n_rows = len(next(iter(columns.values()), []))
    uneven = [name for name, column in columns.items() if len(column) != n_rows]
    if uneven:
        fields = [FieldError(name[:80], "has another number of values") for name in uneven[:20]]
        raise InvalidInputError("The inputs must all have the same number of values.", fields)
    return Columns(columns, n_rows)


_READERS: Mapping[str, Callable[[JsonValue, Sequence[str]], Columns]] = {
    "dataframe_records": _records,
    "dataframe_split": _split,
    "instances": _instances,
    "inputs": _inputs,
}


def _column(value: JsonValue) -> list[object]:
    """Return one column's values: plain ones, each in a list of its own, or a single one."""
    items = value if isinstance(value, list) else [value]
    single = all(isinstance(item, list) and len(item) == 1 for item in items)
    plain = [cast(list[JsonValue], item)[0] for item in items] if single else items
    return [_present(item) for item in plain]


def _of_objects(rows: Sequence[Mapping[str, JsonValue]], names: Sequence[str]) -> Columns:
    # Each unknown key would be a column as long as all the rows: they are refused before that.
    known = frozenset(names)
    unknown = dict.fromkeys(name for row in rows for name in row if name not in known)
    if unknown:
        fields = [FieldError(name[:80], "is not a column of this model") for name in unknown]
        raise InvalidInputError(f"The rows do not fit the model: {names_of(fields)}.", fields)
    used = [name for name in names if any(name in row for row in rows)]
    return Columns({n: [_present(row.get(n)) for row in rows] for n in used}, len(rows))


def _of_lists(rows: Sequence[JsonValue], names: Sequence[str]) -> Columns:
    width = len(names)
    for i, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != width:
            found = f"{len(row)} values" if isinstance(row, list) else "no list"
            problem = f"has {found}, not {width} values"
            raise one_field(f"Each row must have {width} values.", f"rows.{i}", problem)
    table = cast(list[list[JsonValue]], list(rows))
    columns = {name: [_present(row[i]) for row in table] for i, name in enumerate(names)}
    return Columns(columns, len(rows))


def _present(value: JsonValue) -> object:
    return None if isinstance(value, float) and value != value else value


def _texts(value: JsonValue) -> list[str] | None:
    if not isinstance(value, list):
        return None
    texts = [item for item in value if isinstance(item, str)]
    return texts if len(texts) == len(value) else None
