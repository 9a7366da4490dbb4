"""`amends doctor` looks at logging in: whether browsers may, whether the provider answers, whether a clock jumped."""

from collections.abc import AsyncIterator

import httpx2
from sqlalchemy import func, select

from api.cookies import LoginNeedsTls, is_secure, origin_of
from cli.diagnosis import Diagnosis, bad, good, odd
from cli.house import Tools
from db.tables.login import Identity, LoginSession
from db.tables.office import ApiKey
from domain.entry import CLOCK_TOLERANCE
from domain.web_addresses import is_safe
from gateways.failures import GatewayFailure
from gateways.oidc import Attempt, IdentityProvider
from gateways.wire import trusted

SECONDS = 5.0


async def look_at_logins(house: Tools) -> AsyncIterator[Diagnosis]:
    yield _browsers(house)
    if house.settings.oidc_issuer:
        yield await _provider(house)
    async with house.sessions() as session:
        waiting = await session.scalar(select(func.count()).where(Identity.person.is_(None)))
        latest = [await session.scalar(select(func.max(of))) for of in (LoginSession.seen_at, ApiKey.last_used_at)]
    if waiting:
        yield odd("identities", f"{waiting} wait to be linked to a person", "look at GET /identities?waiting=true")
    ahead = [moment for moment in latest if moment is not None and moment > house.now + CLOCK_TOLERANCE]
    if ahead:
        yield bad(
            "logins", f"one was used at {max(ahead):%Y-%m-%d %H:%M}, which is to come", "let this machine follow NTP"
        )


def _browsers(house: Tools) -> Diagnosis:
    try:
        is_secure(house.settings)
    except LoginNeedsTls as refusal:
        return odd("logins", refusal.message, "set AMENDS_PUBLIC_URL")
    return good("logins", f"browsers log in at {origin_of(house.settings)}")


async def _provider(house: Tools) -> Diagnosis:
    settings = house.settings
    if not is_safe(settings.oidc_issuer):
        return bad("provider", "AMENDS_OIDC_ISSUER is not https, so the api does not start", "correct the setting")
    async with httpx2.AsyncClient(verify=trusted(), trust_env=False) as http:
        provider = IdentityProvider(http, settings.oidc_issuer, settings.oidc_client_id, "", SECONDS)
        try:
            await provider.address(Attempt.new(), origin_of(settings))
        except GatewayFailure as failure:
            return bad("provider", str(failure), "check AMENDS_OIDC_ISSUER and the way there")
    return good("provider", f"{settings.oidc_issuer} answers")
