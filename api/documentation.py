"""How the api describes itself. `/openapi.json`, from which clients are generated; `/docs`, Swagger UI out of an
installed package: the page loads nothing from another host and runs no script but the files it names."""

import json
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from api import errors
from api.rights import PUBLIC

FILES = "/docs/files"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Addresses are relative, so that the page also works below a prefix that a proxy cuts off.
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Amends: the API</title>
<link rel="icon" href="docs/files/favicon.png">
<link rel="stylesheet" href="docs/files/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>This page needs JavaScript; the same document is at <a href="openapi.json">openapi.json</a>.</noscript>
<script src="docs/files/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
"""


def install(app: FastAPI) -> None:
    """Adds the document, the page, its one script of ours, and the package's files."""
    app.openapi = lambda: openapi(app)  # type: ignore[method-assign] # FastAPI's own way of changing its document
    headers = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}

    async def page(request: Request) -> Response:
        return HTMLResponse(_PAGE, headers=headers)

    async def start(request: Request) -> Response:
        return Response(_START, media_type="text/javascript", headers=headers)

    app.add_route("/docs", page, include_in_schema=False)
    app.add_route("/docs/start.js", start, include_in_schema=False)
    app.mount(FILES, StaticFiles(directory=str(files("fastapi_offline") / "static")), name="docs-files")


def openapi(app: FastAPI) -> dict[str, Any]:
    """The document with problems under their own media type, as they are really sent, and every schema by a name of its
    own."""
    if app.openapi_schema is None:
        document = FastAPI.openapi(app)
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                _add_usual(operation, errors.usual(method.upper(), path, public=operation["operationId"] in PUBLIC))
                _as_problems(operation["responses"])
        for name in ("HTTPValidationError", "ValidationError"):
            document["components"]["schemas"].pop(name, None)
        app.openapi_schema = _named_apart(document)
    return app.openapi_schema


def _add_usual(operation: dict[str, Any], statuses: set[int]) -> None:
    """What every route of its kind may answer, beside what it says itself."""
    for status in sorted(statuses):
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        answer = {"description": HTTPStatus(status).phrase, "content": content}
        operation["responses"].setdefault(str(status), answer)


def _as_problems(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        content = response.get("content", {})
        if status >= "400" and "application/json" in content:
            content[errors.MEDIA_TYPE] = content.pop("application/json")


def _named_apart(document: dict[str, Any]) -> dict[str, Any]:
    """Two classes of one name stand in FastAPI's document as `domain__amendment__Reading`, both titled `Reading`, at
    which generators stumble: here each is `AmendmentReading`, by its module."""
    schemas = document["components"]["schemas"]
    new = {long: _short(long) for long in schemas if "__" in long}
    for long, short in new.items():
        schemas[long]["title"] = short
    text = json.dumps(document)
    for long, short in new.items():
        text = text.replace(f'/{long}"', f'/{short}"').replace(f'"{long}":', f'"{short}":')
    named: dict[str, Any] = json.loads(text)
    return named


def _short(long: str) -> str:
    _, module, name = long.rsplit("__", 2)
    return module.title().replace("_", "") + name
