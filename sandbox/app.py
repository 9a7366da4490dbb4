"""Puts the parts together into one ASGI application."""

from pathlib import Path

from fastapi import Request
from fastapi_offline import FastAPIOffline
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

import sandbox
from sandbox import (
    alipay,
    alipay_bills,
    aliyun_sms,
    buyer_api,
    buyer_page,
    control_api,
    control_courier,
    control_wechat,
    courier_desk,
    kuaidi100,
    top_gateway,
    wechat_pay,
)
from sandbox.faults import Droppable
from sandbox.store import UNWRITABLE
from sandbox.world import Refused, World


def create_app(folder: Path) -> ASGIApp:
    """Opens or creates the data folder; raises DataFolderMismatch when another version wrote it."""
    world = World(folder)
    app = FastAPIOffline(title="Amends sandbox", description=sandbox.__doc__ or "", version="1", redoc_url=None)

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Exception) -> Response:
        if not isinstance(error, Refused):
            raise error
        return JSONResponse({"code": error.code, "message": error.message}, error.status)

    async def unwritable(request: Request, error: Exception) -> Response:
        message = "A text holds half of a surrogate pair, or a number has more than 64 bits."
        return JSONResponse({"code": "unwritable_value", "message": message}, 422)

    for kind in UNWRITABLE:
        app.add_exception_handler(kind, unwritable)

    @app.get("/healthz", tags=["control"])
    async def healthz() -> dict[str, str]:
        world.store.row("SELECT 1")
        return {"status": "ok"}

    for part in (
        top_gateway,
        alipay,
        alipay_bills,
        wechat_pay,
        aliyun_sms,
        buyer_api,
        buyer_page,
        kuaidi100,
        courier_desk,
        control_api,
        control_wechat,
        control_courier,
    ):
        app.include_router(part.router(world))
    return Droppable(app)
