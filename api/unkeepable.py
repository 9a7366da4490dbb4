"""What nothing can keep: characters that no text of ours may hold, and values that the database refuses.

One look at the door for all routes, and one answer for what got past it, so that no route fails on them.
"""

import json
from collections.abc import Iterator
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from psycopg.errors import ForeignKeyViolation
from sqlalchemy.exc import DataError, DBAPIError

from api.errors import problem, template_of

NUL = "\x00"
_ESCAPE = b"\\u"
log = structlog.get_logger(__name__)


def install(app: FastAPI) -> None:
    """Let what the database refuses leave as a problem."""
    handlers: dict[type[Exception], Any] = {DataError: _refused_value, DBAPIError: _refused_row}
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def where_unkeepable(request: Request, body: bytes) -> str | None:
    """`path`, `query` or `body`, where a NUL or half of a character stands in it; PostgreSQL takes no NUL, and UTF-8 no
    half of a pair."""
    if NUL in request.url.path or NUL in request.scope["path"]:
        return "path"
    if "%00" in request.url.query or NUL in request.url.query:
        return "query"
    # Unescaped, neither is JSON at all; so only a body with escapes is looked through.
    if _ESCAPE in body and any(_unkeepable(text) for text in _texts(_read(body))):
        return "body"
    return None


def _unkeepable(text: str) -> bool:
    return NUL in text or any("\ud800" <= sign <= "\udfff" for sign in text)


def _read(body: bytes) -> Any:
    """What can't be read here is refused where the route reads it."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one


async def _refused_value(request: Request, error: DBAPIError) -> JSONResponse:
    """A value that the database can't hold, like a number of thirty digits. Its text would repeat the value."""
    log.warning("value refused by the database", error=type(error.orig).__name__, path=template_of(request))
    detail = "A value is beyond what can be kept, like a number that is too large; correct it and send again."
    return problem(request, "BadInput", detail, {})


async def _refused_row(request: Request, error: DBAPIError) -> JSONResponse:
    """A row that refers to nothing is an address that is not there, or was taken away meanwhile; all else is ours."""
    if isinstance(error.orig, ForeignKeyViolation):
        log.warning("row refers to nothing", constraint=error.orig.diag.constraint_name, path=template_of(request))
        return problem(request, "NotFound", "Something that this refers to is not there; look at the lists again.", {})
    # The text of a database error carries the row's values, so only its kind is logged.
    log.error("database error", error=type(error).__name__, path=template_of(request))
    return problem(request, "InternalError", "Something went wrong here; it was logged. Nothing was changed.", {})
