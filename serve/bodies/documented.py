"""How the document describes the bodies of predictions, before it knows the models."""

from typing import Any

from serve.bodies.media_types import CSV, JSON, PNG, TEXT

Node = dict[str, Any]

ROW: Node = {"type": "object", "description": "The columns of the model's contract, flat."}
TEXT_SCHEMA: Node = {"type": "string", "description": "For a model of one text column."}
PNG_SCHEMA: Node = {
    "type": "string",
    "format": "binary",
    "description": "For a model of one image column.",
}
CSV_SCHEMA: Node = {"type": "string", "description": "A header, then one row a line."}


def rows_schema(row: Node) -> Node:
    """Return the schema of the two ways to write several rows."""
    rows: Node = {"type": "array", "minItems": 1, "items": row}
    named: Node = {
        "type": "object",
        "required": ["instances"],
        "properties": {"instances": rows},
        "additionalProperties": False,
    }
    return {"anyOf": [named, rows]}


def _body(content: dict[str, Node]) -> Node:
    return {"requestBody": {"required": True, "content": content}}


ONE = _body(
    {JSON: {"schema": ROW}, TEXT: {"schema": TEXT_SCHEMA}, PNG: {"schema": PNG_SCHEMA}},
)
MANY = _body({JSON: {"schema": rows_schema(ROW)}, CSV: {"schema": CSV_SCHEMA}})
