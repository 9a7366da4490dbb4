"""POST /hooks/{name}: another system that listens for webhooks, and checks them as Standard Webhooks says."""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from sandbox import faults
from sandbox.faults import Fault, FaultKind
from sandbox.world import World

TOLERANCE = 300.0


def router(world: World) -> APIRouter:
    api = APIRouter()

    @api.post("/hooks/{name}", include_in_schema=False)
    async def listen(name: str, request: Request) -> Response:
        return handle(world, name, request.headers, await request.body())

    return api


def handle(world: World, name: str, headers: Mapping[str, str], body: bytes) -> Response:
    hook = world.store.row("SELECT * FROM hook WHERE name = ?", name)
    if hook is None:
        return JSONResponse({"error": "nobody listens here"}, 404)
    if hook["secret"] and not _signed(hook["secret"], headers, body):
        return JSONResponse({"error": "the signature does not hold"}, 401)

    def perform(_: Fault | None) -> Response:
        signatures = len(headers.get("webhook-signature", "").split())
        world.store.insert(
            "hook_message", hook=name, message_id=headers.get("webhook-id", ""),
            body=body.decode("utf-8", "replace"), signatures=signatures, at=time.time(),
        )  # fmt: skip
        return JSONResponse({"taken": True})

    def say(fault: Fault) -> Response:
        limited = fault.kind is FaultKind.RATE_LIMIT
        return JSONResponse({}, 429 if limited else 503, {"Retry-After": str(max(1, int(fault.seconds)))})

    return faults.answer(faults.take(world, f"hook.{name}"), perform, say)


def _signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Any one of the signatures that are sent may hold: while a secret is changed there are two."""
    stamp = headers.get("webhook-timestamp", "")
    if not stamp.isdecimal() or abs(time.time() - int(stamp)) > TOLERANCE:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = f"{headers.get('webhook-id', '')}.{stamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.digest(key, text, hashlib.sha256)).decode()
    return any(hmac.compare_digest(expected, given) for given in headers.get("webhook-signature", "").split())
