"""The api as one ASGI application."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx2
from fastapi import FastAPI
from fastapi.routing import APIRoute

from api import (
    agreements,
    budgets,
    bulk_steps,
    buyers,
    cases,
    complaints,
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
    notice_channels,
    notices,
    offers,
    office_lists,
    oidc,
    parcels,
    people,
    policies,
    presence,
    queue,
    refunds,
    replies,
    reviews,
    scripts,
    second_person,
    shifts,
    shops,
    signing_keys,
    steps,
    surges,
    teams,
    unkeepable,
    webhooks,
    wording,
)
from api.guard import Guard
from api.house import House
from api.rights import PUBLIC, RIGHTS
from db.sessions import connect, key_ring
from domain.web_addresses import is_safe
from gateways.oidc import IdentityProvider
from gateways.wire import trusted
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
    complaints,
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
    notices,
    notice_channels,
    webhooks,
    shops,
    gate,
    people,
    login,
    oidc,
    keys,
    signing_keys,
    second_person,
    teams,
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


class ProviderUnsafe(Exception):
    """What the identity provider says could be changed on its way."""


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
    app.add_middleware(Guard, by_tls=settings.public_url.startswith("https:"))
    errors.install(app)
    unkeepable.install(app)
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
        async with vault_of(settings, ring) as vault, provider_of(settings) as provider:
            yield replace(House.at(settings, ring, engine, client, vault), provider=provider)
    finally:
        await engine.dispose()


@asynccontextmanager
async def provider_of(settings: Settings) -> AsyncIterator[IdentityProvider | None]:
    """None where the settings name none. Raises ProviderUnsafe."""
    if not settings.oidc_issuer:
        yield None
        return
    if not is_safe(settings.oidc_issuer):
        raise ProviderUnsafe("AMENDS_OIDC_ISSUER must be https, or http on this machine")
    async with httpx2.AsyncClient(verify=trusted(), trust_env=False) as http:
        secret = settings.oidc_client_secret.get_secret_value()
        yield IdentityProvider(
            http, settings.oidc_issuer, settings.oidc_client_id, secret, settings.outside_timeout_seconds
        )


def routes() -> list[APIRoute]:
    """Every route of the api, of all routers."""
    return [route for module in ROUTERS for route in module.router.routes if isinstance(route, APIRoute)]


def _check_rights() -> None:
    undecided = [route.name for route in routes() if route.name not in RIGHTS and route.name not in PUBLIC]
    if undecided:
        raise RouteWithoutRights(f"say in api/rights.py who may use {', '.join(undecided)}")
