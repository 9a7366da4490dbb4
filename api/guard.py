"""What stands around every request: a bounded body, a bounded time, one log line, and no failure without an answer."""

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import structlog
from fastapi import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from api.answer_headers import with_usual
from api.errors import problem, unexpected
from api.unkeepable import where_unkeepable

MAX_BODY = 1_000_000
MAX_SECONDS = 30.0
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Files come and go piece by piece, however long that takes within reason; their own routes bound their size.
_STREAMED = re.compile(r"/exports|/cases/[^/]+/(files(/[^/]+)?|evidence/package)")
STREAM_SECONDS = 1800.0
# Asked every few seconds by whoever watches the process.
_QUIET = frozenset({"/health", "/ready"})
UNKEEPABLE = "In the {} stands a NUL or half of a character, which nothing can keep: take it out and send again."
log = structlog.get_logger(__name__)


class TooLarge(Exception):
    """The body has more bytes than any request of this api needs."""


class Guard:
    """`by_tls`: browsers reach the api by TLS alone, and are told to go on so."""

    def __init__(
        self, app: ASGIApp, max_body: int = MAX_BODY, max_seconds: float = MAX_SECONDS, by_tls: bool = False
    ) -> None:
        self.app = app
        self.max_body = max_body
        self.max_seconds = max_seconds
        self.by_tls = by_tls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        answer = _Answer(send, _request_id(request), self.by_tls)
        with bound_contextvars(request=answer.request_id), _logged(request, answer):
            failed = await self._answered(request, receive, answer)
            if failed and answer.status is None:
                await failed(scope, receive, answer.send)

    async def _answered(self, request: Request, receive: Receive, answer: "_Answer") -> Response | None:
        """The problem to send instead, when the app did not answer."""
        try:
            async with asyncio.timeout(self.max_seconds) as limit:
                if _streamed(request):
                    limit.reschedule(asyncio.get_running_loop().time() + STREAM_SECONDS)
                if not _is_upload(request):
                    body = await _whole_body(request, receive, self.max_body)
                    if (where := where_unkeepable(request, body)) is not None:
                        return problem(request, "BadInput", UNKEEPABLE.format(where), {"field": where})
                    receive = _replayed(body, receive)
                await self.app(request.scope, receive, answer.send)
        except TooLarge:
            detail = f"The body has more than {self.max_body} bytes; send less."
            return problem(request, "TooLarge", detail, {"max_bytes": self.max_body})
        except TimeoutError:
            return problem(request, "TooSlow", "The answer took too long; repeat the request with the same key.", {})
        except Exception as error:  # the last line: whatever was not foreseen is a 500 without details, and logged
            return await unexpected(request, error)
        return None


class _Answer:
    """Watches the answer go by, and stamps it with the request's id and what browsers are told."""

    def __init__(self, send: Send, request_id: str, by_tls: bool) -> None:
        self._send = send
        self._by_tls = by_tls
        self.request_id = request_id
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
            own = [*message.get("headers", []), (b"x-request-id", self.request_id.encode())]
            message["headers"] = with_usual(own, strict_transport=self._by_tls)
        await self._send(message)


def _streamed(request: Request) -> bool:
    return _STREAMED.fullmatch(request.url.path) is not None


def _is_upload(request: Request) -> bool:
    return request.method == "POST" and request.url.path.endswith("/files") and _streamed(request)


async def _whole_body(request: Request, receive: Receive, limit: int) -> bytes:
    """Read before the app runs, because a framework that parses while reading turns a refusal here into its own."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > limit:
        raise TooLarge
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        parts.append(message.get("body", b""))
        size, more = size + len(parts[-1]), message.get("more_body", False)
        if size > limit:
            raise TooLarge
    return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _request_id(request: Request) -> str:
    given = request.headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid4().hex


@contextmanager
def _logged(request: Request, answer: _Answer) -> Iterator[None]:
    began = time.perf_counter()
    yield
    if request.url.path in _QUIET:
        return
    path = getattr(request.scope.get("route"), "path", "(none)")
    took = round((time.perf_counter() - began) * 1000, 1)
    log.info("request", method=request.method, path=path, status=answer.status, ms=took)
