"""From the JSON Schema that pydantic writes to the older one that OpenAPI 3.0 has."""

from typing import Any

Node = dict[str, Any]

# What stands under these is data, whatever its keys are called.
_DATA = ("example", "default", "enum")
_NAMED = ("properties", "patternProperties", "schemas", "$defs")


def to_openapi_30(document: Node) -> Node:
    """Return the document with all its schemas in the form of OpenAPI 3.0."""
    result = {key: _walk(value) for key, value in document.items() if key != "components"}
    components: Node = dict(document.get("components", {}))
    schemas: Node = components.get("schemas", {})
    components["schemas"] = {name: to_schema_30(schema) for name, schema in schemas.items()}
    return {**result, "components": components}


def to_schema_30(schema: Any) -> Any:
    """Return one schema in the form of OpenAPI 3.0.

    >>> to_schema_30({"anyOf": [{"type": "number"}, {"type": "null"}], "examples": [1.5]})
    {'type': 'number', 'nullable': True, 'example': 1.5}
    """
    if isinstance(schema, list):
        return [to_schema_30(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = _without_null(schema)
    for key in [key for key in _NAMED if isinstance(result.get(key), dict)]:
        result[key] = {name: to_schema_30(value) for name, value in result[key].items()}
    for key in [key for key in result if key not in (*_DATA, *_NAMED)]:
        result[key] = to_schema_30(result[key])
    return _renamed(result)


def _walk(node: Any) -> Any:
    if isinstance(node, list):
        return [_walk(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: to_schema_30(value)
        if key == "schema"
        else value
        if key in ("example", "examples")
        else _walk(value)
        for key, value in node.items()
    }


def _without_null(schema: Node) -> Node:
    """Say "or null" by the keyword of 3.0."""
    result = dict(schema)
    kinds = result.get("type")
    if isinstance(kinds, list):
        others = [kind for kind in kinds if kind != "null"]
        del result["type"]
        result.update({"type": others[0]} if len(others) == 1 else {"anyOf": _types(others)})
        if "null" in kinds:
            result["nullable"] = True
    for key in ("anyOf", "oneOf"):
        choices = result.get(key)
        if not isinstance(choices, list) or {"type": "null"} not in choices:
            continue
        del result[key]
        others = [choice for choice in choices if choice != {"type": "null"}]
        single = others[0] if len(others) == 1 else None
        if single is not None and "$ref" not in single:
            result = {**single, **result}
        else:
            result[key if single is None else "allOf"] = others
        result["nullable"] = True
    return result


def _types(kinds: list[str]) -> list[Node]:
    return [{"type": kind} for kind in kinds]


def _renamed(schema: Node) -> Node:
    examples = schema.pop("examples", None)
    if isinstance(examples, list) and examples:
        schema.setdefault("example", examples[0])
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    if "prefixItems" in schema:
        schema["items"] = {"anyOf": schema.pop("prefixItems")}
    for limit in ("Minimum", "Maximum"):
        exclusive = schema.get(f"exclusive{limit}")
        if isinstance(exclusive, int | float) and not isinstance(exclusive, bool):
            schema[limit.lower()] = exclusive
            schema[f"exclusive{limit}"] = True
    return schema
