"""Every refusal and failure leaves as an RFC 9457 problem: a stable code, a status, and what to do next."""

import re
import traceback
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from temporalio.service import RPCError, RPCStatusCode

from api import door
from db.sealing import KeysUnusable, Unreadable
from domain.errors import Refusal

MEDIA_TYPE = "application/problem+json"
log = structlog.get_logger(__name__)

# A refusal that is not listed is a conflict with the state of things: 409.
STATUS: Mapping[str, int] = {
    "Unauthorized": 401,
    "KeyExpired": 401,
    "KeyRevoked": 401,
    "SessionExpired": 401,
    "SessionEnded": 401,
    "PersonLeft": 401,
    "ClockMoved": 401,
    "LoginRefused": 401,
    "IdentityRefused": 401,
    "IdentityUnknown": 403,
    "NoProvider": 404,
    "PushForged": 401,
    "PushReplayed": 401,
    "PushOutOfTime": 401,
    "KeyOutOfScope": 403,
    "CrossSite": 403,
    "LoginLocked": 429,
    "TooManyAttempts": 429,
    "PasswordWeak": 422,
    "NotAllowed": 403,
    "NotYours": 403,
    "SecondPersonNeeded": 403,
    "SelfApproval": 403,
    "NotFound": 404,
    "BadCaseNumber": 404,
    "UnknownPolicy": 404,
    "BuyerUnknown": 404,
    "StaleVersion": 412,
    "FileErased": 410,
    "FileTooLarge": 413,
    "FileMislabelled": 422,
    "FileEmpty": 422,
    "ArchiveUnsafe": 422,
    "ArchiveUnreadable": 422,
    "VaultNotSetUp": 503,
    "FileGone": 500,
    "ExportEmpty": 404,
    "ExportTooLarge": 413,
    "TooLarge": 413,
    "BadInput": 422,
    "FakeReviewForbidden": 422,
    "FixUnfit": 422,
    "BadReviewKey": 422,
    "BadOfficeData": 422,
    "BadChannel": 422,
    "BadWebhook": 422,
    "PayeeUnfit": 422,
    "BadBudgetKey": 422,
    "PolicyUnreadable": 422,
    "TemplateUnfit": 422,
    "UnknownRating": 422,
    "UnknownRefundStatus": 422,
    "BadRefundKey": 422,
    "BadWaybill": 422,
    "RefundAbovePaid": 422,
    "QuantityAboveOrdered": 422,
    "ParcelUnknown": 404,
    "NotAPhoto": 422,
    "PhotoTooLarge": 413,
    "TextTooLong": 422,
    "CountsContradict": 422,
    "ResaleContradicts": 422,
    "BadCursor": 422,
    "IdempotencyKeyReused": 422,
    "VersionMissing": 428,
    "Busy": 429,
    "Unavailable": 503,
    "TooSlow": 503,
    "InternalError": 500,
    KeysUnusable.code: 500,
    Unreadable.code: 500,
}
RETRY_AFTER_SECONDS = {429: 1, 503: 2}


class Problem(BaseModel):
    """An RFC 9457 problem. `code` is stable and machine-readable; `detail` tells a person what to do next; further
    fields are the facts of the refusal."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="`urn:amends:problem:<code>`")
    title: str
    status: int
    detail: str
    code: str
    instance: str


class NotAllowed(Refusal):
    """The caller's roles don't open this route, or not in this shop."""

    code = "NotAllowed"


class NotFound(Refusal):
    """There is no such thing, or the caller may not know of it."""

    code = "NotFound"


class Unavailable(Refusal):
    """The database or the engine can't be reached now; the same request may be repeated."""

    code = "Unavailable"


class BadInput(Refusal):
    """A field has its shape but can't be meant; `facts["field"]` names it."""

    code = "BadInput"


def status_of(code: str) -> int:
    return STATUS.get(code, HTTPStatus.CONFLICT)


def problem(request: Request, code: str, detail: str, facts: Mapping[str, Any], status: int = 0) -> JSONResponse:
    status = status or status_of(code)
    body = Problem(
        type=f"urn:amends:problem:{code}",
        title=re.sub(r"(?<=[A-Za-z])(?=[A-Z])", " ", code).capitalize(),
        status=status,
        detail=detail,
        code=code,
        instance=request.url.path,
        **{name: fact for name, fact in facts.items() if name not in Problem.model_fields},
    )
    wait = facts.get("retry_after", RETRY_AFTER_SECONDS.get(status))
    headers = {} if wait is None else {"Retry-After": str(wait)}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body.model_dump(mode="json"), status, headers, MEDIA_TYPE)


async def _refused(request: Request, refusal: Refusal) -> JSONResponse:
    await door.note(request, refusal)
    return problem(request, refusal.code, refusal.message, refusal.facts)


async def _misshapen(request: Request, error: RequestValidationError) -> JSONResponse:
    """Names each field and what is wrong with it; what was sent is not repeated, it may be a buyer's data."""
    fields = [
        {"field": _field(fault["loc"]), "why": fault["msg"].removeprefix("Value error, ")} for fault in error.errors()
    ]
    first = f"{fields[0]['field']}: {fields[0]['why']}" if fields else "the request can't be read"
    more = f" (and {len(fields) - 1} more, see errors)" if len(fields) > 1 else ""
    # A fault that has a name of its own is the problem; pydantic's own types are written small.
    kinds = [str(fault["type"]) for fault in error.errors()]
    code = kinds[0] if len(set(kinds)) == 1 and kinds[0][:1].isupper() else "BadInput"
    return problem(request, code, f"{first}{more}. Correct it and send again.", {"errors": fields}, 422)


def _field(parts: Iterable[object]) -> str:
    """As the sender wrote it: which of several accepted types was tried is no part of a field's name."""
    return ".".join(str(part) for part in parts if not str(part).startswith("constrained-"))


_PLAIN = {
    400: ("BadInput", "The body is not readable JSON; send a JSON object in UTF-8."),
    404: ("NotFound", "There is no such address; /docs lists them."),
    405: ("MethodNotAllowed", "This address does not take that method; /docs lists what it takes."),
}


async def _http(request: Request, error: HTTPException) -> JSONResponse:
    code, detail = _PLAIN.get(error.status_code, ("HttpError", str(error.detail)))
    answer = problem(request, code, detail, {}, error.status_code)
    answer.headers.update(error.headers or {})
    return answer


async def _database(request: Request, error: Exception) -> JSONResponse:
    """The database is down, overloaded, or a lock was not free in time; nothing was written."""
    log.warning("database unavailable", error=type(error).__name__)
    return problem(request, "Unavailable", "The database can't be reached; repeat the request.", {"down": ["database"]})


ENGINE_AWAY = "The engine can't be reached; repeat the request."
_ENGINE_BUSY = {RPCStatusCode.RESOURCE_EXHAUSTED}


async def _engine(request: Request, error: RPCError) -> JSONResponse:
    log.warning("engine unavailable", status=error.status.name)
    if error.status in _ENGINE_BUSY:
        return problem(request, "Busy", "The engine takes no more requests just now; repeat it in a moment.", {})
    return problem(request, "Unavailable", ENGINE_AWAY, {"down": ["engine"]})


async def _not_connected(request: Request, error: RuntimeError) -> JSONResponse:
    """A client that has never reached its engine says so in a plain RuntimeError."""
    if str(error).startswith("Failed client connect"):
        log.warning("engine unavailable", status="never connected")
        return problem(request, "Unavailable", ENGINE_AWAY, {"down": ["engine"]})
    return await unexpected(request, error)


async def unexpected(request: Request, error: Exception) -> JSONResponse:
    # A message or a local variable may hold a buyer's data: only the kind and the place of a failure are logged.
    log.error("unexpected failure", error=type(error).__name__, where=_place(error), path=template_of(request))
    return problem(request, "InternalError", "Something went wrong here; it was logged.", {})


def _place(error: Exception) -> str:
    """The last line of ours that it came through, and where it was raised."""
    frames = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    ours = [(file, line) for file, line in frames if "site-packages" not in file]
    return " < ".join(f"{Path(file).name}:{line}" for file, line in [*frames[-1:], *ours[-1:]])


async def _gone(request: Request, error: Exception) -> JSONResponse:
    return problem(request, "BadInput", "The connection ended before the body did.", {}, 400)


def template_of(request: Request) -> str:
    return getattr(request.scope.get("route"), "path", "")


def install(app: FastAPI) -> None:
    """Let every foreseen exception leave as a problem; api/guard.py sees to the others."""
    handlers: dict[type[Exception], Any] = {
        Refusal: _refused,
        RequestValidationError: _misshapen,
        HTTPException: _http,
        ClientDisconnect: _gone,
        OperationalError: _database,
        InterfaceError: _database,
        PoolTimeout: _database,
        RPCError: _engine,
        RuntimeError: _not_connected,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


# What every route may answer, whatever it does: what it asks for is checked, and its parts may be down.
ALWAYS = (401, 403, 422, 429, 500, 503)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems of a route beside those of every route, for OpenAPI."""
    always = (401, 422, 500, 503)
    return {
        status: {"model": Problem, "description": HTTPStatus(status).phrase} for status in sorted({*always, *statuses})
    }


def usual(method: str, path: str, *, public: bool) -> set[int]:
    """The statuses that follow from what a route is, so that none has to list them: a body that can't be read or is too
    long, an address that is not there, a state of things in which it can't be done."""
    found = set(ALWAYS) - ({401, 403} if public else set())
    if method in {"POST", "PUT", "PATCH"}:
        found |= {400, 413}
    if "{" in path:
        found |= {404, 409}
    return found | ({409} if method != "GET" else set())
