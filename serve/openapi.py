"""The OpenAPI document, written from the contracts that are live now."""

import copy
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from serve.live import LiveModel
from serve.openapi_schema import to_openapi_30

Node = dict[str, Any]

DESCRIPTION = """Predictions from the champions of the gate.

`/models/<model>/predict` stands below once for every live model, with the columns its version
takes and a body to try. A wrong body is answered by a 4xx that names every wrong field."""
TAGS = ("predict", "models", "infer", "runs", "health")
CALLS = ("predict", "predict/batch", "predict/top-k")


def build(
    app: FastAPI, models: Sequence[LiveModel], default: str | None = None, *, keys: bool = False
) -> Node:
    """Return the document; its paths for a model take exactly what its contract takes.

    ``keys`` says that the server wants API keys.
    """
    document = get_openapi(
        title="Headgate",
        version=_version(),
        # Swagger UI 4, the newest one packaged for Python, cannot show 3.1.
        openapi_version="3.0.3",
        description=DESCRIPTION,
        routes=app.routes,
    )
    components = document.setdefault("components", {})
    if keys:
        components["securitySchemes"] = {"ApiKey": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"ApiKey": []}]
    schemas = components.setdefault("schemas", {})
    paths = document["paths"]
    for live in models:
        schemas[_schema_name(live)] = live.scorer.contract.json_schema()
        for call in _calls(live):
            generic = paths[f"/models/{{model}}/{call}"]["post"]
            paths[f"/models/{live.model}/{call}"] = {"post": _for_model(generic, live, call)}
            if live.model == default:
                paths[f"/{call}"]["post"]["requestBody"] = _body(live, call)
    document["tags"] = [{"name": name} for name in (*map(_tag, models), *TAGS)]
    _summarise(paths)
    return to_openapi_30(document)


def _version() -> str:
    try:
        return version("headgate")
    except PackageNotFoundError:
        return "0"


def _summarise(paths: Node) -> None:
    """Say in a sentence what each call does, where its function's name would stand."""
    for path in paths.values():
        for operation in path.values():
            sentence, _, more = operation.get("description", "").partition("\n")
            operation["summary"] = sentence.rstrip(".")
            operation["description"] = more.strip()


def _tag(live: LiveModel) -> str:
    return f"{live.model} {live.version}"


def _schema_name(live: LiveModel) -> str:
    return f"{live.model}_{live.version}"


def _calls(live: LiveModel) -> Sequence[str]:
    ranked = live.manifest.rules.task == "classification"
    return CALLS if ranked else CALLS[:2]


def _for_model(generic: Node, live: LiveModel, call: str) -> Node:
    operation: Node = copy.deepcopy(generic)
    operation["operationId"] = f"{live.model}_{call.replace('/', '_').replace('-', '_')}"
    operation["tags"] = [_tag(live)]
    operation["parameters"] = [p for p in generic.get("parameters", []) if p["name"] != "model"]
    operation["requestBody"] = _body(live, call)
    return operation


def _body(live: LiveModel, call: str) -> Node:
    schema: Node = {"$ref": f"#/components/schemas/{_schema_name(live)}"}
    example: Node = dict(live.scorer.contract.example())
    if call == "predict/batch":
        schema = {
            "type": "object",
            "required": ["instances"],
            "properties": {"instances": {"type": "array", "items": schema}},
        }
        example = {"instances": [example]}
    content = {"application/json": {"schema": schema, "example": example}}
    return {"required": True, "content": content}
