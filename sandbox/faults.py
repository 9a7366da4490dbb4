"""Faults on demand: what goes wrong, with which method, how often, and how it looks on the wire."""

import asyncio
import fnmatch
import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.world import World

LONGEST_HOLD = 120.0


class FaultKind(StrEnum):
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    HTTP_500 = "http_500"
    SYSTEM_ERROR = "system_error"
    DEALING = "dealing"
    BALANCE = "balance"
    RATE_LIMIT = "rate_limit"
    DUPLICATE_PUSH = "duplicate_push"
    OUT_OF_ORDER_PUSH = "out_of_order_push"
    NONSENSE = "nonsense"


# These change what is done and are left to the method itself; the others only change what is answered.
DONE_BY_THE_METHOD = {
    FaultKind.DEALING,
    FaultKind.BALANCE,
    FaultKind.DUPLICATE_PUSH,
    FaultKind.OUT_OF_ORDER_PUSH,
}


@dataclass(frozen=True)
class Fault:
    kind: FaultKind
    seconds: float
    after: bool
    outcome: str
    hit: int  # counts from 1


def plan(
    world: World,
    method: str,
    kind: FaultKind,
    count: int | None,
    seconds: float,
    probability: float,
    after: bool,
    outcome: str,
) -> None:
    """`method` may be a pattern such as `taobao.*`; `count` None lasts until the faults are cleared."""
    world.store.insert(
        "fault",
        method=method,
        kind=kind.value,
        remaining=count,
        seconds=min(seconds, LONGEST_HOLD),
        probability=probability,
        after=after,
        outcome=outcome,
    )


def listed(world: World) -> list[dict[str, Any]]:
    return [dict(row) for row in world.store.rows("SELECT * FROM fault ORDER BY id")]


def clear(world: World) -> int:
    return world.store.execute("DELETE FROM fault")


def take(world: World, method: str) -> Fault | None:
    """The oldest planned fault that fits the method; taking it uses up one of its count."""
    for row in world.store.rows("SELECT * FROM fault WHERE remaining IS NULL OR remaining > 0 ORDER BY id"):
        if not fnmatch.fnmatchcase(method, row["method"]):
            continue
        # The dice of a fault plan need no cryptography.
        if row["probability"] < 1.0 and random.random() >= row["probability"]:  # noqa: S311
            continue
        world.store.execute("UPDATE fault SET remaining = remaining - 1, hits = hits + 1 WHERE id = ?", row["id"])
        return Fault(FaultKind(row["kind"]), row["seconds"], bool(row["after"]), row["outcome"], row["hits"] + 1)
    return None


def put_back(world: World, kind: FaultKind) -> None:
    """Returns one use of a fault that found nothing to do."""
    world.store.execute(
        "UPDATE fault SET remaining = remaining + 1, hits = hits - 1 "
        "WHERE id = (SELECT max(id) FROM fault WHERE kind = ? AND hits > 0)",
        kind.value,
    )


def answer(
    fault: Fault | None, perform: Callable[[Fault | None], Response], say: Callable[[Fault], Response]
) -> Response:
    """Performs the call as the fault allows; `say` writes system_error and rate_limit in the protocol's own words."""
    if fault is None or fault.kind in DONE_BY_THE_METHOD:
        return perform(fault)
    if fault.kind is FaultKind.TIMEOUT_AFTER or fault.after:
        perform(None)
    if fault.kind in (FaultKind.TIMEOUT_BEFORE, FaultKind.TIMEOUT_AFTER):
        return HangUp(fault.seconds)
    if fault.kind is FaultKind.HTTP_500:
        return HTMLResponse("<html><body><h1>500 Internal Server Error</h1></body></html>", 500)
    if fault.kind is FaultKind.NONSENSE:
        return nonsense(fault.hit)
    return say(fault)


def nonsense(hit: int) -> Response:
    """Takes turns: a gateway's HTML page, JSON cut in the middle, and valid JSON of the wrong types."""
    return (
        JSONResponse({"error_response": ["unexpected", 7], "result": {"code": {}, "trade_rates": "none"}}),
        HTMLResponse("<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"),
        Response('{"traderates_get_response":{"trade_rates":{"trade_', media_type="application/json"),
    )[hit % 3]


class HangUp(Response):
    """Answers nothing: holds the connection for some seconds, or until the caller has gone, and then drops it."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def caller_has_gone() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass

        try:
            await asyncio.wait_for(caller_has_gone(), self.seconds)
        except (TimeoutError, asyncio.CancelledError):  # cancelled: the sandbox is stopping
            scope["sandbox.drop_connection"]()
            # The server must notice the loss before this returns, or it would try to answer 500.
            await caller_has_gone()


class Droppable:
    """Outermost ASGI layer: lets a response close the TCP connection without a single byte of HTTP.

    ASGI itself has no word for this, so it reaches for the transport of uvicorn's request cycle.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        cycle = getattr(send, "__self__", None)
        if cycle is not None and hasattr(cycle, "transport"):
            scope["sandbox.drop_connection"] = cycle.transport.abort
        await self.app(scope, receive, send)
