"""The bodies of a live model's calls: what its contract takes, with one to try."""

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue
from pydantic.json_schema import models_json_schema

from headgate.contract import Contract
from headgate.contract.columns import Column
from serve.bodies.documented import CSV_SCHEMA, PNG_SCHEMA, TEXT_SCHEMA, rows_schema
from serve.bodies.media_types import CSV, JSON, PNG, TEXT
from serve.bodies.rows import row_types
from serve.live import LiveModel
from serve.protocols.v2_inputs import DATATYPES
from serve.protocols.v2_shapes import InferenceRequest

Node = dict[str, Any]

REFERENCE = "#/components/schemas/{model}"
PLAIN: Mapping[str, Node] = {TEXT: TEXT_SCHEMA, PNG: PNG_SCHEMA}


def schema_name(live: LiveModel) -> str:
    """Return the name under which a version's contract stands in the document."""
    return f"{live.model}_{live.version}"


def request_schemas() -> Node:
    """Return the schemas of bodies that are read here and not by the framework."""
    _, found = models_json_schema([(InferenceRequest, "validation")], ref_template=REFERENCE)
    schemas: Node = found["$defs"]
    return schemas


def row_body(live: LiveModel) -> Node:
    """Return the body of one row."""
    contract = live.scorer.contract
    content: Node = {JSON: {"schema": _row(live), "example": contract.example()}}
    for kind in row_types(contract)[1:]:
        content[kind] = {"schema": PLAIN[kind]}
    return {"required": True, "content": content}


def rows_body(live: LiveModel) -> Node:
    """Return the body of several rows."""
    example = live.scorer.contract.example()
    content = {
        JSON: {"schema": rows_schema(_row(live)), "example": {"instances": [example]}},
        CSV: {"schema": CSV_SCHEMA, "example": _table(example)},
    }
    return {"required": True, "content": content}


def tensors_example(contract: Contract) -> Node:
    """Return an inference request of one row."""
    example = contract.example()
    inputs = [_tensor(column, example[column.name]) for column in contract.columns]
    return {"id": "1", "inputs": inputs}


def _row(live: LiveModel) -> Node:
    return {"$ref": f"#/components/schemas/{schema_name(live)}"}


def _tensor(column: Column, value: JsonValue) -> Node:
    datatype = DATATYPES[column.type]
    return {"name": column.name, "shape": [1], "datatype": datatype, "data": [value]}


def _table(example: Mapping[str, JsonValue]) -> str:
    cells = (str(value).replace('"', '""') for value in example.values())
    header = ",".join(f'"{name}"'.replace("\n", " ") for name in example)
    return header + "\n" + ",".join(f'"{cell}"' for cell in cells) + "\n"
