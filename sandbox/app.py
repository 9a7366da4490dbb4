"""Puts the parts together into one ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
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
    buyer_refund_api,
    control_api,
    control_courier,
    control_notices,
    control_wechat,
    courier_desk,
    hooks,
    identity,
    kuaidi100,
    post_office,
    robots,
    top_gateway,
    wechat_bills,
    wechat_pay,
)
from sandbox.faults import Droppable
from sandbox.post_office import PostOffice
from sandbox.store import UNWRITABLE
from sandbox.world import Refused, World


def create_app(folder: Path, office: PostOffice | None = None) -> ASGIApp:
    """Opens or creates the data folder; raises DataFolderMismatch when another version wrote it."""
    world, office = World(folder), office or PostOffice()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with post_office.opened(world, office):
            yield

    app = FastAPIOffline(
        title="Amends sandbox", description=sandbox.__doc__ or "", version="1", redoc_url=None, lifespan=lifespan
    )

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
        wechat_bills,
        aliyun_sms,
        buyer_api,
        buyer_refund_api,
        buyer_page,
        kuaidi100,
        courier_desk,
        control_api,
        control_wechat,
        identity,
        control_courier,
        hooks,
        robots,
    ):
        app.include_router(part.router(world))
    app.include_router(control_notices.router(world, office))
    return Droppable(app)
