"""A contract as JSON Schema, and one row that it accepts."""

from collections.abc import Sequence

from pydantic import JsonValue

from headgate.contract.columns import (
    BooleanColumn,
    CategoryColumn,
    Column,
    ImageColumn,
    IntegerColumn,
    NumberColumn,
    TextColumn,
)
from headgate.contract.domains import category_list, range_words

# One white pixel.
TINY_PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg=="
)
_AFTERMATH = {
    "flag": "Other values are accepted and flagged.",
    "impute": "Other and missing values are replaced and flagged.",
    "clip": "Other values are moved into the range and flagged.",
}


def row_schema(columns: Sequence[Column]) -> dict[str, JsonValue]:
    """Return the JSON Schema of one row: no other keys, optional columns may be null or absent."""
    properties: dict[str, JsonValue] = {column.name: _property(column) for column in columns}
    required: list[JsonValue] = [column.name for column in columns if not column.optional]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
        "examples": [example_row(columns)],
    }


def _property(column: Column) -> dict[str, JsonValue]:
    schema = _typed(column)
    about = schema.pop("description", "")
    description = " ".join(str(part) for part in (column.description, about) if part)
    if description:
        schema["description"] = description
    if column.optional:
        schema["type"] = [schema["type"], "null"]
        if isinstance(allowed := schema.get("enum"), list):
            schema["enum"] = [*allowed, None]
    if column.example is not None:
        schema["examples"] = [column.example]
    return schema


def _typed(column: Column) -> dict[str, JsonValue]:
    match column:
        case NumberColumn() | IntegerColumn():
            return _numeric(column)
        case CategoryColumn():
            return _category(column)
        case BooleanColumn():
            return {"type": "boolean"}
        case TextColumn():
            return {"type": "string", "maxLength": column.max_length}
        case ImageColumn():
            return {
                "type": "string",
                "contentEncoding": "base64",
                "contentMediaType": "image/png",
                "description": f"A PNG of at most {column.max_bytes} bytes, in base64.",
            }


def _numeric(column: NumberColumn | IntegerColumn) -> dict[str, JsonValue]:
    schema: dict[str, JsonValue] = {"type": column.type}
    if column.policy == "reject":
        ends = {"minimum": column.minimum, "maximum": column.maximum}
        schema |= {key: end for key, end in ends.items() if end is not None}
    elif words := range_words(column):
        schema["description"] = f"Normally {words}. {_AFTERMATH[column.policy]}"
    return schema


def _category(column: CategoryColumn) -> dict[str, JsonValue]:
    if column.policy == "reject":
        return {"type": "string", "enum": list(column.categories)}
    about = f"Normally one of {category_list(column.categories)}. {_AFTERMATH[column.policy]}"
    return {"type": "string", "description": about}


def example_row(columns: Sequence[Column]) -> dict[str, JsonValue]:
    """Return each column's example, or a value that fits its declaration."""
    return {
        column.name: _typical(column) if column.example is None else column.example
        for column in columns
    }


def _typical(column: Column) -> JsonValue:
    match column:
        case NumberColumn():
            return column.impute if column.impute is not None else _middle(column)
        case IntegerColumn():
            return column.impute if column.impute is not None else _whole_middle(column)
        case CategoryColumn():
            return column.impute if column.impute is not None else column.categories[0]
        case BooleanColumn():
            return bool(column.impute)
        case TextColumn():
            return "Some text."[: column.max_length]
        case ImageColumn():
            return TINY_PNG


def _middle(column: NumberColumn) -> float:
    low, high = column.minimum, column.maximum
    if low is None or high is None:
        return next((end for end in (low, high) if end is not None), 0.0)
    # Halved first: the sum of two large ends would be infinite.
    return min(max(low / 2 + high / 2, low), high)


def _whole_middle(column: IntegerColumn) -> int:
    low, high = column.minimum, column.maximum
    if low is None or high is None:
        return next((end for end in (low, high) if end is not None), 0)
    return (low + high) // 2
