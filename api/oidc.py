"""Logging in by way of an identity provider, and who its people are here."""

import re
import secrets
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from api import cookies
from api.callers import TheCaller
from api.doorkeeper import address_of
from api.errors import BadInput, Unavailable, documented
from api.fields import Line
from api.house import House, TheHouse
from api.login import let_in
from api.second_person import Confirmation, agreed
from db import identities
from db.audit import lock_office
from db.second_person import AccountChange
from db.tables.login import Identity, ProviderAttempt
from domain.entry import PersonLeft
from domain.errors import Refusal
from gateways.failures import GatewayFailure, Rejected
from gateways.oidc import Attempt, IdentityProvider, Somebody

router = APIRouter(tags=["account"])
OIDC = "oidc"
SECONDS = int(identities.ATTEMPT_LASTS.total_seconds())
_OWN_PAGE = re.compile(r"/(?![/\\])[^\x00-\x20\\]{0,300}")
_REDIRECTS: dict[int | str, dict[str, Any]] = {
    303: {"description": "See Other", "headers": {"Location": {"schema": {"type": "string"}}}}
}


class NoProvider(Refusal):
    """The settings name no identity provider."""

    code = "NoProvider"


class IdentityRefused(Refusal):
    """The provider, or a check of what it said, refused this login."""

    code = "IdentityRefused"


class IdentityUnknown(Refusal):
    """The provider knows them, and nobody has said who they are here."""

    code = "IdentityUnknown"


class IdentityBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    subject: Line = Field(description="as `GET /identities` shows it, or as the provider's own list does")


class IdentityLine(BaseModel):
    id: UUID
    issuer: str
    subject: str
    name: str = Field(description="what the provider called them when they were seen last")
    person: UUID | None = Field(description="null: waits to be linked")
    seen_at: datetime


@router.get(
    "/login/oidc",
    responses=documented(404, 409, 429) | _REDIRECTS,
    status_code=303,
    response_class=RedirectResponse,
    summary="Log in by way of the identity provider",
)
async def begin_oidc(
    house: TheHouse,
    request: Request,
    return_to: Annotated[str, Query(max_length=300, description="a page of this site")] = "/",
) -> RedirectResponse:
    """Sends the browser there; it comes back to `/login/oidc/callback`."""
    provider = _provider(house)
    cookies.is_secure(house.settings)
    await house.doorkeeper.let_try(address_of(request))
    if not _OWN_PAGE.fullmatch(return_to):
        raise BadInput("return_to must be a path of this site, like /queue.", field="return_to")
    attempt, browser = Attempt.new(), secrets.token_urlsafe(32)
    try:
        address = await provider.address(attempt, _redirect_uri(house))
    except GatewayFailure as failure:
        raise _away(failure) from None
    async with house.sessions.begin() as session:
        await identities.begin_attempt(
            session, house.now(), attempt.state, browser, attempt.nonce, attempt.verifier, return_to
        )
    answer = RedirectResponse(address, 303)
    cookies.put(answer, house.settings, cookies.PROVIDER, browser, SECONDS)
    return answer


@router.get(
    "/login/oidc/callback",
    responses=documented(403, 404, 409, 429) | _REDIRECTS,
    status_code=303,
    response_class=RedirectResponse,
    summary="Where the identity provider sends the browser back to",
)
async def finish_oidc(
    house: TheHouse,
    request: Request,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=2000)] = "",
    error: Annotated[str, Query(max_length=200)] = "",
    iss: Annotated[str, Query(max_length=500)] = "",
) -> RedirectResponse:
    """Good once, in the browser that began, within ten minutes."""
    provider = _provider(house)
    cookies.is_secure(house.settings)
    await house.doorkeeper.let_try(address_of(request))
    begun = await _begun(house, request, state)
    if error or not code or (iss and iss != provider.issuer):
        raise IdentityRefused("The identity provider did not log you in; begin again, or ask an administrator.")
    who = await _somebody(house, provider, code, state, begun)
    request.state.subject = f"{who.issuer} {who.subject}"[:200]
    answer = RedirectResponse(begun.return_to, 303)
    if not await _entered(house, request, answer, who):
        raise IdentityUnknown(
            "The identity provider knows you, but nobody has said who you are here; ask an administrator to link you.",
            subject=who.subject,
        )
    cookies.drop(answer, house.settings, cookies.PROVIDER)
    return answer


@router.get("/identities", responses=documented(403), summary="Who is who at the identity provider")
async def list_identities(house: TheHouse, caller: TheCaller, waiting: bool = False) -> list[IdentityLine]:
    """`waiting`: those who tried to log in and are linked to nobody."""
    async with house.reads() as session:
        return [_line(row) for row in await identities.list_identities(session, waiting)]


@router.post(
    "/people/{person}/identities", responses=documented(403, 404, 409), status_code=201, summary="Say who somebody is"
)
async def link_identity(
    house: TheHouse, caller: TheCaller, person: UUID, body: IdentityBody, confirmation: Confirmation = None
) -> IdentityLine:
    """From now on they log in as this person."""
    issuer = _provider(house).issuer
    async with house.sessions.begin() as session:
        await agreed(house, session, caller, AccountChange.LINK_IDENTITY, person, confirmation)
        row = await identities.link_identity(session, str(caller.person), house.now(), person, issuer, body.subject)
        return _line(row)


@router.delete(
    "/people/{person}/identities/{id}", responses=documented(403, 404), status_code=204, summary="Take an identity away"
)
async def unlink_identity(house: TheHouse, caller: TheCaller, person: UUID, id: UUID) -> None:
    """The person is logged out everywhere."""
    async with house.sessions.begin() as session:
        await identities.unlink_identity(session, str(caller.person), house.now(), person, id)


def _provider(house: House) -> IdentityProvider:
    """Raises NoProvider."""
    if house.provider is None:
        raise NoProvider("This house has no identity provider: an operator sets AMENDS_OIDC_ISSUER. Use POST /login.")
    return house.provider


def _redirect_uri(house: House) -> str:
    return f"{cookies.origin_of(house.settings)}/login/oidc/callback"


async def _begun(house: House, request: Request, state: str) -> ProviderAttempt:
    """Raises IdentityRefused for a login that this browser has not begun, or not lately, or finished already."""
    browser = cookies.read(request, house.settings, cookies.PROVIDER) or ""
    async with house.sessions.begin() as session:
        begun = await identities.take_attempt(session, house.now(), state, browser)
    if begun is None:
        raise IdentityRefused("This login was not begun in this browser, or too long ago; begin again at /login/oidc.")
    return begun


async def _somebody(
    house: House, provider: IdentityProvider, code: str, state: str, begun: ProviderAttempt
) -> Somebody:
    try:
        return await provider.somebody(code, Attempt(state, begun.nonce, begun.verifier), _redirect_uri(house))
    except Rejected as refused:
        raise IdentityRefused(
            "What the identity provider said does not hold; begin again, or ask an administrator.", why=refused.code
        ) from None
    except GatewayFailure as failure:
        raise _away(failure) from None


async def _entered(house: House, request: Request, answer: RedirectResponse, who: Somebody) -> bool:
    """Whether they are somebody here, and then they are logged in. Raises PersonLeft."""
    now = house.now()
    async with house.sessions.begin() as session:
        await lock_office(session)
        person = await identities.person_behind(session, now, who.issuer, who.subject, who.name)
        if person is None and house.settings.oidc_create_people:
            person = await identities.make_person(session, now, who.issuer, who.subject, who.name)
        if person is None:
            return False
        if not person.active:
            raise PersonLeft("This account is not active; ask an administrator.")
        await let_in(house, session, request, answer, person, OIDC)
    return True


def _away(failure: GatewayFailure) -> Unavailable:
    return Unavailable(
        "The identity provider can't be reached or makes no sense; try again, or log in with a password.",
        down=["identity provider"],
        why=failure.code,
    )


def _line(row: Identity) -> IdentityLine:
    return IdentityLine(**{name: getattr(row, name) for name in IdentityLine.model_fields})
