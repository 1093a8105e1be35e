"""The page that shows and tries the API; all of it comes from this server."""

import json

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from swagger_ui_bundle import swagger_ui_path

from headgate import __version__
from serve.access.security import guard_of
from serve.errors import UnauthenticatedError
from serve.openapi.document import build
from serve.services import ServicesDep

router = APIRouter(include_in_schema=False)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
)
FILES = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Headgate</title>
<link rel="icon" href="static-docs/favicon-32x32.png">
<link rel="stylesheet" href="static-docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="static-docs/swagger-ui-bundle.js"></script>
<script src="static-docs/start.js"></script>
</body>
</html>
"""
# A key given under Authorize is also sent for the document, which then shows the contracts.
START = """let key = null;
const remember = (original, system) => (payload) => {
  key = payload.ApiKey ? payload.ApiKey.value : null;
  const result = original(payload);
  system.specActions.download();
  return result;
};
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
  tryItOutEnabled: true,
  plugins: [{ statePlugins: { auth: { wrapActions: { authorize: remember } } } }],
  requestInterceptor: (request) => {
    if (key) request.headers["Authorization"] = "Bearer " + key;
    return request;
  },
});
"""


@router.get("/")
def root(request: Request, services: ServicesDep) -> Response:
    """Send a browser to the page, and tell a program where everything is."""
    if "text/html" in request.headers.get("accept", ""):
        return RedirectResponse(services.link("/docs"), status_code=307)
    return JSONResponse(
        {
            "name": "headgate",
            "version": __version__,
            "docs": services.link("/docs"),
            "openapi": services.link("/openapi.json"),
            "models": services.link("/models"),
        }
    )


@router.get("/docs")
def page() -> HTMLResponse:
    """Show the API."""
    return HTMLResponse(PAGE, headers={"Content-Security-Policy": POLICY})


@router.get("/static-docs/start.js")
def start() -> Response:
    """Send what starts the page."""
    return Response(START, media_type="text/javascript")


@router.get("/static-docs/swagger-ui.css")
@router.get("/static-docs/swagger-ui-bundle.js")
@router.get("/static-docs/favicon-32x32.png")
def asset(request: Request) -> FileResponse:
    """Send one of the page's files, out of the installed package."""
    name = request.url.path.rpartition("/")[2]
    return FileResponse(
        swagger_ui_path / name,
        media_type=FILES[name],
        headers={"Cache-Control": "max-age=3600"},
    )


@router.get("/openapi.json")
def openapi(request: Request, services: ServicesDep) -> Response:
    """Describe the API; with the live contracts for whoever may predict."""
    live = services.live
    models = live.models if _may_see(request) else []
    shown = tuple((model.model, model.version) for model in models)
    # Writing it takes many times as long as a prediction, and it changes with the live set only.
    written: dict[object, bytes] = request.app.state.openapi
    if (data := written.get((shown, live.default_name()))) is None:
        keys = services.settings.has_keys
        root_path = services.settings.root_path
        document = build(request.app, models, live.default_name(), keys=keys, root_path=root_path)
        data = json.dumps(document, ensure_ascii=False).encode()
        request.app.state.openapi = {(shown, live.default_name()): data}
    return Response(data, media_type="application/json")


def _may_see(request: Request) -> bool:
    try:
        return guard_of(request).identify(request.scope).may("predict")
    except UnauthenticatedError:
        return False
