"""The OpenAPI document, written from the contracts that are live now."""

import copy
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from serve.live import LiveModel
from serve.openapi.bodies import (
    request_schemas,
    row_body,
    rows_body,
    schema_name,
    tensors_example,
)
from serve.openapi.schema import to_openapi_30

Node = dict[str, Any]

DESCRIPTION = """Predictions from the champions of the gate.

`/models/<model>/predict` stands below once for every live model, with the columns its version
takes and a body to try. A wrong body is answered by a 4xx that names every wrong field."""
TAGS = ("predict", "v2", "mlflow", "models", "infer", "runs", "health")
# Probes have no keys.
PUBLIC = (
    "/health",
    "/health/live",
    "/health/ready",
    "/ping",
    "/version",
    "/v2",
    "/v2/health/live",
    "/v2/health/ready",
)
CALLS = ("predict", "predict/batch", "predict/top-k")


def build(
    app: FastAPI,
    models: Sequence[LiveModel],
    default: str | None = None,
    *,
    keys: bool = False,
    root_path: str = "",
) -> Node:
    """Return the document; its paths for a model take exactly what its contract takes.

    ``keys`` says that the server wants API keys, ``root_path`` where a proxy shows it.
    """
    document = get_openapi(
        title="Headgate",
        version=_version(),
        # Swagger UI 4, the newest one packaged for Python, cannot show 3.1.
        openapi_version="3.0.3",
        description=DESCRIPTION,
        routes=app.routes,
    )
    if root_path:
        document["servers"] = [{"url": root_path}]
    components = document.setdefault("components", {})
    if keys:
        components["securitySchemes"] = {"ApiKey": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"ApiKey": []}]
        for path in PUBLIC:
            document["paths"][path]["get"]["security"] = []
    schemas = components.setdefault("schemas", {})
    schemas.update(request_schemas())
    paths = document["paths"]
    for live in models:
        schemas[schema_name(live)] = live.scorer.contract.json_schema()
        for call in _calls(live):
            generic = paths[f"/models/{{model}}/{call}"]["post"]
            paths[f"/models/{live.model}/{call}"] = {"post": _for_model(generic, live, call)}
            if live.model == default:
                paths[f"/{call}"]["post"] |= _of_contract(paths[f"/{call}"]["post"], live, call)
        _show_protocols(paths, live)
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


def _calls(live: LiveModel) -> Sequence[str]:
    ranked = live.manifest.rules.task == "classification"
    return CALLS if ranked else CALLS[:2]


def _for_model(generic: Node, live: LiveModel, call: str) -> Node:
    operation: Node = copy.deepcopy(generic)
    operation["operationId"] = f"{live.model}_{call.replace('/', '_').replace('-', '_')}"
    operation["tags"] = [_tag(live)]
    return operation | _of_contract(operation, live, call)


def _of_contract(operation: Node, live: LiveModel, call: str) -> Node:
    """Return what of an operation depends on the version that answers it."""
    parameters = [p for p in operation.get("parameters", []) if p["name"] != "model"]
    for parameter in parameters:
        if parameter["name"] == "k":
            parameter["schema"] = {"type": "integer", "minimum": 1, "maximum": _n_classes(live)}
    return {"parameters": parameters, "requestBody": _body(live, call)}


def _n_classes(live: LiveModel) -> int:
    return len(live.manifest.classes or ())


def _body(live: LiveModel, call: str) -> Node:
    return rows_body(live) if call == "predict/batch" else row_body(live)


def _show_protocols(paths: Node, live: LiveModel) -> None:
    """Add a body to try to the calls of other servers' protocols, where one takes every model."""
    row = live.scorer.contract.example()
    bodies: Node = {"/v2/models/{model}/infer": tensors_example(live.scorer.contract)}
    bodies["/models/{model}/invocations"] = {"dataframe_records": [row]}
    for path, body in bodies.items():
        content = paths[path]["post"]["requestBody"]["content"]["application/json"]
        content.setdefault("examples", {})[live.model] = {"value": body}
