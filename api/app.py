"""The api as one ASGI application."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from api import (
    agreements,
    budgets,
    bulk_steps,
    buyers,
    cases,
    confirmations,
    courier_pushes,
    differences,
    disputes,
    documentation,
    errors,
    evidence,
    exports,
    files,
    fulfilments,
    gate,
    health,
    history,
    keys,
    login,
    losses,
    messages,
    offers,
    office_lists,
    parcels,
    people,
    policies,
    presence,
    queue,
    refunds,
    replies,
    reviews,
    scripts,
    shifts,
    shops,
    steps,
    surges,
    wording,
)
from api.guard import Guard
from api.house import House
from api.rights import PUBLIC, RIGHTS
from db.sessions import connect, key_ring
from settings import Settings
from vault.setup import vault_of
from workflows import connection

ROUTERS = (
    reviews,
    refunds,
    parcels,
    courier_pushes,
    losses,
    bulk_steps,
    cases,
    queue,
    presence,
    messages,
    scripts,
    replies,
    agreements,
    offers,
    fulfilments,
    budgets,
    confirmations,
    differences,
    disputes,
    steps,
    office_lists,
    shops,
    gate,
    people,
    login,
    keys,
    shifts,
    surges,
    policies,
    wording,
    buyers,
    files,
    evidence,
    exports,
    history,
    health,
)
ABOUT = """Every bad review and every refund is a case. `POST /reviews` and `POST /refunds` start one,
`POST /cases/{number}/steps` advances it, `GET /queue` says what is due, `GET /refunds` is the register of returns.
Send your key as `Authorization: Bearer ak_…`. Errors are RFC 9457 problems with a stable `code`; amounts are fen, times
carry an offset, ids of people are UUIDs."""


class RouteWithoutRights(Exception):
    """A route is missing in api/rights.py, so nobody has decided who may use it."""


def create_app(settings: Settings, open_house: Callable[[Settings], Any] | None = None) -> FastAPI:
    """`open_house` makes what the app works with, as an async context manager; the default connects to the real
    database and engine of the settings."""
    opened = open_house or house_of

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened(settings) as house:
            app.state.house = house
            yield

    app = FastAPI(
        title="Amends",
        version="0.1.0",
        description=ABOUT,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.add_middleware(Guard)
    errors.install(app)
    documentation.install(app)
    for module in ROUTERS:
        app.include_router(module.router)
    _check_rights()
    return app


@asynccontextmanager
async def house_of(settings: Settings) -> AsyncIterator[House]:
    """Raises KeysUnusable or PayloadKeysUnusable before anything is opened. The engine is connected at its first use,
    so the api starts without it and says so at /ready."""
    ring = key_ring(settings)
    client = await connection.connect(settings, identity="amends-api", lazy=True)
    engine = connect(settings, ring)
    try:
        async with vault_of(settings, ring) as vault:
            yield House.at(settings, ring, engine, client, vault)
    finally:
        await engine.dispose()


def routes() -> list[APIRoute]:
    """Every route of the api, of all routers."""
    return [route for module in ROUTERS for route in module.router.routes if isinstance(route, APIRoute)]


def _check_rights() -> None:
    undecided = [route.name for route in routes() if route.name not in RIGHTS and route.name not in PUBLIC]
    if undecided:
        raise RouteWithoutRights(f"say in api/rights.py who may use {', '.join(undecided)}")
