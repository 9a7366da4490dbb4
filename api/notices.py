"""What I was told in the app, and what I want to be told where and when."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.callers import TheCaller
from api.errors import documented
from api.fields import Moment
from api.house import TheHouse
from api.paging import Cursor, Limit, read_cursor, write_cursor
from db import notice_channels
from db.reads import deliveries, office
from domain.notice_preferences import Preferences
from domain.notice_sending import DeliveryState

router = APIRouter(tags=["notices"])
DELIVERIES = "deliveries"


class Unread(BaseModel):
    unread: int


class ReadBody(BaseModel):
    """Single notices, or everything up to a moment, or both."""

    model_config = ConfigDict(extra="forbid")

    notices: Annotated[list[UUID], Field(max_length=500)] = []
    until: Moment | None = Field(default=None, description="`at` of the newest notice that was seen")


class Read(Unread):
    read: int = Field(description="how many were new until now")


class DeliveryPage(BaseModel):
    deliveries: list[deliveries.DeliveryLine]
    next: str | None = Field(description="cursor of the next page; null where this is the last")


@router.get("/notices", responses=documented(403), summary="What I was told, the newest first")
async def my_notices(
    house: TheHouse, caller: TheCaller, unread: bool = False, limit: Limit = 50
) -> list[office.NoticeLine]:
    async with house.reads() as session:
        return await office.list_notices(session, caller.person, caller.shops(), unread, limit)


@router.get("/notices/unread", responses=documented(403), summary="How many notices I have not read")
async def count_unread(house: TheHouse, caller: TheCaller) -> Unread:
    async with house.reads() as session:
        return Unread(unread=await deliveries.unread(session, caller.person, caller.shops()))


@router.post("/notices/read", responses=documented(403), summary="I have read these notices")
async def read_notices(house: TheHouse, caller: TheCaller, body: ReadBody) -> Read:
    """Reading twice does no harm, and other people's notices are not touched."""
    async with house.sessions.begin() as session:
        read = await deliveries.mark_read(session, caller.person, house.now(), body.notices, body.until)
        return Read(read=read, unread=await deliveries.unread(session, caller.person, caller.shops()))


@router.get("/me/deliveries", responses=documented(403), summary="What became of the messages to my channels")
async def my_deliveries(
    house: TheHouse,
    caller: TheCaller,
    state: DeliveryState | None = None,
    channel: UUID | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DeliveryPage:
    """The newest first."""
    async with house.reads() as session:
        lines = await deliveries.list_deliveries(
            session, person=caller.person, state=state, channel=channel, limit=limit,
            after=read_cursor(cursor, DELIVERIES, UUID),
        )  # fmt: skip
    return page_of(lines, limit)


def page_of(lines: list[deliveries.DeliveryLine], limit: int) -> DeliveryPage:
    last: tuple[datetime, str] | None = (lines[-1].queued_at, str(lines[-1].id)) if len(lines) == limit else None
    return DeliveryPage(deliveries=lines, next=write_cursor(DELIVERIES, *last) if last else None)


@router.get("/me/notice-preferences", responses=documented(403), summary="What I want to be told where and when")
async def my_preferences(house: TheHouse, caller: TheCaller) -> Preferences:
    async with house.reads() as session:
        return await notice_channels.preferences_of(session, caller.person)


@router.put("/me/notice-preferences", responses=documented(403), summary="Say what I want to be told where and when")
async def set_my_preferences(house: TheHouse, caller: TheCaller, body: Preferences) -> Preferences:
    """The whole of them. Of several rules the first that fits counts; what none fits is in the app only. The policy
    `notices` says what is urgent, and whether that passes quiet hours."""
    async with house.sessions.begin() as session:
        return await notice_channels.set_preferences(session, str(caller.person), house.now(), caller.person, body)


@router.get(
    "/people/{person}/notice-preferences", responses=documented(403, 404), summary="What a person wants to be told"
)
async def show_preferences(house: TheHouse, caller: TheCaller, person: UUID) -> Preferences:
    async with house.reads() as session:
        return await notice_channels.preferences_of(session, person)


@router.put(
    "/people/{person}/notice-preferences", responses=documented(403, 404), summary="Set what a person is told where"
)
async def set_preferences(house: TheHouse, caller: TheCaller, person: UUID, body: Preferences) -> Preferences:
    async with house.sessions.begin() as session:
        return await notice_channels.set_preferences(session, str(caller.person), house.now(), person, body)
