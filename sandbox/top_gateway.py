"""POST and GET /router/rest: one door for all TOP methods."""

import uuid
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from sandbox import (
    faults,
    top_coupons,
    top_exchanges,
    top_messages,
    top_refund_messages,
    top_refunds,
    top_reviews,
    top_sms,
    top_trades,
)
from sandbox.faults import Fault, FaultKind
from sandbox.forms import read_body
from sandbox.store import UNWRITABLE
from sandbox.top_protocol import TopCall, TopError, response, shop_of_session, verify
from sandbox.world import World

Method = Callable[[TopCall], dict[str, Any]]
METHODS: dict[str, Method] = {
    **top_reviews.METHODS,
    **top_trades.METHODS,
    **top_refunds.METHODS,
    **top_refund_messages.METHODS,
    **top_exchanges.METHODS,
    **top_messages.METHODS,
    **top_sms.METHODS,
    **top_coupons.METHODS,
}


def router(world: World) -> APIRouter:
    api = APIRouter()

    @api.api_route("/router/rest", methods=["GET", "POST"], include_in_schema=False)
    async def router_rest(request: Request) -> Response:
        texts, files = read_body(request.headers.get("content-type", ""), await request.body())
        return handle(world, {**request.query_params, **texts}, files)

    return api


def handle(world: World, params: dict[str, str], files: dict[str, bytes]) -> Response:
    request_id = uuid.uuid4().hex[:16]
    try:
        app = verify(world, params)
        method = METHODS.get(params["method"])
        if method is None:
            raise TopError(22)
        fault = faults.take(world, params["method"])
    except TopError as error:
        return response(params, error.body, request_id)

    def perform(passed_on: Fault | None) -> Response:
        try:
            call = _call(world, params, files, app["app_key"], passed_on)
            return response(params, method(call), request_id)
        except TopError as error:
            return response(params, error.body, request_id)
        except UNWRITABLE:
            broken = TopError(41, "isv.invalid-parameter", "broken text or a number of more than 64 bits")
            return response(params, broken.body, request_id)

    return faults.answer(fault, perform, lambda planned: response(params, _said(planned).body, request_id))


def _call(world: World, params: dict[str, str], files: dict[str, bytes], app_key: str, fault: Fault | None) -> TopCall:
    sessionless = params["method"] in top_messages.WITHOUT_SESSION
    shop = None if sessionless else shop_of_session(world, params)
    return TopCall(world, params["method"], params, app_key, shop, files, fault)


def _said(fault: Fault) -> TopError:
    if fault.kind is FaultKind.RATE_LIMIT:
        seconds = max(1, round(fault.seconds))
        return TopError(
            7,
            "accesscontrol.limited-by-api-access-count",
            f"This ban will last for {seconds} more seconds",
        )
    return TopError(15, "isp.top-remote-service-unavailable", "服务暂不可用")
