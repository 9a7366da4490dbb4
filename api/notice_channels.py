"""Channels over which people, and the groups of a shop or its team, are told things."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from api.callers import Caller, TheCaller
from api.errors import documented
from api.fields import Line, ShopCode
from api.house import House, TheHouse
from api.notices import DELIVERIES, DeliveryPage, page_of
from api.paging import Cursor, Limit, read_cursor
from db import notice_channels, office
from db.audit import NotThere
from db.notice_channels import Address, Owner
from db.notice_routes import shops_of, teams_of
from db.reads import deliveries
from domain.notice_channels import BadChannel, ChannelKind, mail_address, robot_secret, robot_token
from domain.notice_sending import DeliveryState
from domain.policies.notices import Urgency
from workflows.schedules import NOTICES, trigger

router = APIRouter(tags=["notices"])


class ChannelBody(BaseModel):
    """A robot with its `token` (or the whole address that its platform shows), and the `secret` of its signature; or a
    mail `address`. They are sealed and never shown again."""

    model_config = ConfigDict(extra="forbid")

    kind: ChannelKind
    label: Line = Field(description="what it is called in lists")
    token: SecretStr | None = Field(default=None, max_length=500)
    secret: SecretStr | None = Field(default=None, max_length=500)
    address: SecretStr | None = Field(default=None, max_length=300)


class GroupBody(ChannelBody):
    least: Urgency = Field(default=Urgency.URGENT, description="the least urgency that the group hears of")
    team: ShopCode | None = Field(default=None, description="for all shops of this team, which looks after the shop")


class ChannelChange(BaseModel):
    """Fields that are left out stay as they are."""

    model_config = ConfigDict(extra="forbid")

    label: Line | None = None
    active: bool | None = None
    least: Urgency | None = None


class ChannelLine(BaseModel):
    """`failing_since`: nothing has come through since then; `last_code` is the last answer."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: ChannelKind
    label: str
    shop: str | None
    team: str | None
    least: Urgency
    active: bool
    made_at: datetime
    failing_since: datetime | None
    last_ok_at: datetime | None
    last_code: str | None


class Trial(BaseModel):
    delivery: UUID = Field(description="see the deliveries for what became of it")


def lines(rows: Iterable[Any]) -> list[ChannelLine]:
    return [ChannelLine.model_validate(row) for row in rows]


@router.get("/me/channels", responses=documented(403), summary="My channels")
async def my_channels(house: TheHouse, caller: TheCaller) -> list[ChannelLine]:
    async with house.reads() as session:
        return lines(await notice_channels.list_channels(session, Owner(person=caller.person)))


@router.post("/me/channels", responses=documented(403, 409), status_code=201, summary="Add a channel of mine")
async def add_my_channel(house: TheHouse, caller: TheCaller, body: ChannelBody) -> ChannelLine:
    """Try it afterwards: whether the address is right shows only there."""
    address = _address(house, body)
    async with house.sessions.begin() as session:
        row = await notice_channels.add_channel(
            session, house.ring, str(caller.person), house.now(), Owner(person=caller.person), address,
            label=body.label,
        )  # fmt: skip
        return ChannelLine.model_validate(row)


@router.patch("/me/channels/{channel}", responses=documented(403, 404), summary="Change a channel of mine")
async def change_my_channel(house: TheHouse, caller: TheCaller, channel: UUID, body: ChannelChange) -> ChannelLine:
    return await _change(house, caller, Owner(person=caller.person), channel, body)


@router.delete("/me/channels/{channel}", responses=documented(403, 404), status_code=204, summary="Remove my channel")
async def remove_my_channel(house: TheHouse, caller: TheCaller, channel: UUID) -> None:
    """Its address is forgotten; what waits for it is dropped."""
    await _remove(house, caller, Owner(person=caller.person), channel)


@router.post(
    "/me/channels/{channel}/test", responses=documented(403, 404, 409), status_code=202, summary="Try my channel"
)
async def try_my_channel(house: TheHouse, caller: TheCaller, channel: UUID) -> Trial:
    return await _try(house, Owner(person=caller.person), channel)


@router.get("/shops/{code}/channels", responses=documented(403, 404), summary="Groups that hear of a shop")
async def list_shop_channels(house: TheHouse, caller: TheCaller, code: str) -> list[ChannelLine]:
    """Those of the shop and those of its teams."""
    caller.enter(code)
    async with house.reads() as session:
        await office.shop_of(session, code)
        owners = await _owners(session, code)
        return lines([row for owner in owners for row in await notice_channels.list_channels(session, owner)])


@router.post(
    "/shops/{code}/channels", responses=documented(403, 404, 409), status_code=201, summary="Add a group's channel"
)
async def add_shop_channel(house: TheHouse, caller: TheCaller, code: str, body: GroupBody) -> ChannelLine:
    """A group hears of each thing once, however many of the shop's people are told of it."""
    caller.enter(code)
    address = _address(house, body)
    async with house.sessions.begin() as session:
        await office.shop_of(session, code)
        owner = Owner(shop=code) if body.team is None else await _enter_team(session, caller, code, body.team)
        row = await notice_channels.add_channel(
            session, house.ring, str(caller.person), house.now(), owner, address, label=body.label, least=body.least
        )
        return ChannelLine.model_validate(row)


@router.patch("/shops/{code}/channels/{channel}", responses=documented(403, 404), summary="Change a group's channel")
async def change_shop_channel(
    house: TheHouse, caller: TheCaller, code: str, channel: UUID, body: ChannelChange
) -> ChannelLine:
    return await _change(house, caller, await _owner(house, caller, code, channel), channel, body)


@router.delete(
    "/shops/{code}/channels/{channel}",
    responses=documented(403, 404),
    status_code=204,
    summary="Remove a group's channel",
)
async def remove_shop_channel(house: TheHouse, caller: TheCaller, code: str, channel: UUID) -> None:
    await _remove(house, caller, await _owner(house, caller, code, channel), channel)


@router.post(
    "/shops/{code}/channels/{channel}/test",
    responses=documented(403, 404, 409),
    status_code=202,
    summary="Try a group's channel",
)
async def try_shop_channel(house: TheHouse, caller: TheCaller, code: str, channel: UUID) -> Trial:
    return await _try(house, await _owner(house, caller, code, channel), channel)


@router.get(
    "/shops/{code}/deliveries", responses=documented(403, 404), summary="What became of a shop's messages to its staff"
)
async def list_deliveries(
    house: TheHouse,
    caller: TheCaller,
    code: str,
    state: DeliveryState | None = None,
    channel: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DeliveryPage:
    """The newest first."""
    caller.enter(code)
    async with house.reads() as session:
        found = await deliveries.list_deliveries(
            session, shop=code, state=state, channel=channel, limit=limit, after=read_cursor(cursor, DELIVERIES, UUID)
        )
    return page_of(found, limit)


def _address(house: House, body: ChannelBody) -> Address:
    """Raises BadChannel."""
    plain = {name: value.get_secret_value() for name, value in body if isinstance(value, SecretStr)}
    wanted = "address" if body.kind is ChannelKind.EMAIL else "token"
    for name in plain.keys() - {wanted, "secret" if wanted == "token" else ""}:
        raise BadChannel(f"A channel of kind {body.kind} has no {name}; leave it out.", field=name)
    if wanted not in plain:
        raise BadChannel(f"A channel of kind {body.kind} needs its {wanted}.", field=wanted)
    if body.kind is not ChannelKind.EMAIL:
        return Address(body.kind, robot_token(body.kind, plain["token"]), robot_secret(body.kind, plain.get("secret")))
    if not house.settings.smtp_host:
        raise BadChannel("This house sends no mail: an administrator sets AMENDS_SMTP_HOST.", field="kind")
    return Address(body.kind, mail_address(plain["address"]))


async def _owners(session: AsyncSession, shop: str) -> list[Owner]:
    return [Owner(shop=shop), *(Owner(team=team) for team in await session.scalars(teams_of(shop)))]


async def _enter_team(session: AsyncSession, caller: Caller, shop: str, team: str) -> Owner:
    """What a team hears concerns each of its shops: whoever changes that may do so in all of them."""
    shops = await shops_of(session, team)
    if shop not in shops:
        raise BadChannel(f"Team {team} does not look after {shop}; name one that does, or none.", field="team")
    for code in shops:
        caller.enter(code)
    return Owner(team=team)


async def _owner(house: House, caller: Caller, code: str, channel: UUID) -> Owner:
    """Whose the channel is, for somebody who may change it. Raises NotThere."""
    caller.enter(code)
    async with house.reads() as session:
        await office.shop_of(session, code)
        for owner in await _owners(session, code):
            if any(row.id == channel for row in await notice_channels.list_channels(session, owner)):
                return owner if owner.team is None else await _enter_team(session, caller, code, owner.team)
    raise NotThere(f"There is no such channel here; GET /shops/{code}/channels lists them.")


async def _change(house: House, caller: Caller, owner: Owner, channel: UUID, body: ChannelChange) -> ChannelLine:
    changes = body.model_dump(exclude_none=True)
    async with house.sessions.begin() as session:
        row = await notice_channels.set_channel(session, str(caller.person), house.now(), owner, channel, changes)
        return ChannelLine.model_validate(row)


async def _remove(house: House, caller: Caller, owner: Owner, channel: UUID) -> None:
    async with house.sessions.begin() as session:
        await notice_channels.remove_channel(session, str(caller.person), house.now(), owner, channel)


async def _try(house: House, owner: Owner, channel: UUID) -> Trial:
    async with house.sessions.begin() as session:
        made = await notice_channels.queue_trial(session, house.now(), owner, channel)
    await trigger(house.client, NOTICES)
    return Trial(delivery=made.id)
