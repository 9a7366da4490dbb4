"""Shifts and leaves: when a person works and when not, said by whoever leads the desk."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.callers import Caller, TheCaller
from api.errors import NotAllowed, NotFound, documented
from api.fields import Line, Moment
from api.house import TheHouse
from db import leaves, shifts
from db.reads.people import shops_of
from db.tables.office import PersonShift
from domain.policies.documents import read_document
from domain.shifts import Shift
from workflows.starting import start_handback

router = APIRouter(tags=["office"])


class ShiftBody(BaseModel):
    """`hours` has the shape of the desk's own hours: zone, week, and days that differ."""

    model_config = ConfigDict(extra="forbid")

    hours: dict[str, Any] = Field(
        description="like {'zone': 'Asia/Shanghai', 'week': {'monday': [{'open': '09:00', 'close': '18:00'}]}}"
    )
    valid_from: date = Field(description="the first day, in the shift's zone; a shift from the same day is replaced")
    valid_until: date | None = Field(default=None, description="the last day; empty: until another one begins")


class ShiftLine(BaseModel):
    hours: Shift
    valid_from: date
    valid_until: date | None
    set_at: datetime


class LeaveBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    starts_at: Moment
    ends_at: Moment
    why: Line = Field(description="like 年假; for the desk's leaders")


class LeaveLine(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    starts_at: datetime
    ends_at: datetime
    why: str
    set_at: datetime


@router.get("/people/{person}/shifts", responses=documented(403, 404), summary="When a person works")
async def list_shifts(house: TheHouse, caller: TheCaller, person: UUID) -> list[ShiftLine]:
    """The latest first. Who has none works whenever the desk does."""
    async with house.reads() as session:
        await _of_my_desk(session, caller, person)
        return [_line(row) for row in await shifts.list_shifts(session, person)]


@router.put("/people/{person}/shifts", responses=documented(403, 404), summary="Say when a person works")
async def set_shift(house: TheHouse, caller: TheCaller, person: UUID, body: ShiftBody) -> ShiftLine:
    """Contacts planned from now on keep to it. For a leave, plan one; for who is away today, set `away_until`."""
    async with house.sessions.begin() as session:
        await _of_my_desk(session, caller, person)
        row = await shifts.set_shift(
            session, str(caller.person), house.now(), person, body.hours, body.valid_from, body.valid_until
        )
        return _line(row)


@router.delete("/people/{person}/shifts", responses=documented(403, 404), status_code=204, summary="Take a shift away")
async def remove_shift(
    house: TheHouse,
    caller: TheCaller,
    person: UUID,
    valid_from: Annotated[date, Query(description="the day from which it counts")],
) -> None:
    """What counted before counts again; a shift that is not there is not missed."""
    async with house.sessions.begin() as session:
        await _of_my_desk(session, caller, person)
        await shifts.remove_shift(session, str(caller.person), house.now(), person, valid_from)


@router.get("/people/{person}/leaves", responses=documented(403, 404), summary="When a person is on leave")
async def list_leaves(house: TheHouse, caller: TheCaller, person: UUID) -> list[LeaveLine]:
    """The latest first, past ones too."""
    async with house.reads() as session:
        await _of_my_desk(session, caller, person)
        return [LeaveLine.model_validate(row) for row in await leaves.list_leaves(session, person)]


@router.post("/people/{person}/leaves", responses=documented(403, 404), status_code=201, summary="Plan a leave")
async def add_leave(house: TheHouse, caller: TheCaller, person: UUID, body: LeaveBody) -> LeaveLine:
    """Nothing is planned for them in it, nobody waits for their approval, and when it begins their open cases go on to
    others."""
    async with house.sessions.begin() as session:
        await _of_my_desk(session, caller, person)
        row = await leaves.add_leave(
            session, str(caller.person), house.now(), person, body.starts_at, body.ends_at, body.why
        )
    wait = max(row.starts_at - house.now(), timedelta())
    await start_handback(house.client, str(person), None, house.settings, wait or None)
    return LeaveLine.model_validate(row)


@router.delete(
    "/people/{person}/leaves/{leave}", responses=documented(403, 404), status_code=204, summary="Take a leave back"
)
async def remove_leave(house: TheHouse, caller: TheCaller, person: UUID, leave: UUID) -> None:
    """Cases that have gone on to others stay with them."""
    async with house.sessions.begin() as session:
        await _of_my_desk(session, caller, person)
        await leaves.remove_leave(session, str(caller.person), house.now(), person, leave)


async def _of_my_desk(session: AsyncSession, caller: Caller, person: UUID) -> None:
    """Raises NotFound unless the person works in a shop of the caller's, NotAllowed where it takes a role in every
    shop of theirs."""
    mine, theirs = caller.shops(), await shops_of(session, person)
    if mine is None:
        return
    if theirs is not None and not theirs & mine:
        raise NotFound("There is no such person in your shops; GET /people lists them.")
    if theirs is None:
        raise NotAllowed("This person works in every shop; ask somebody who leads every shop.")


def _line(row: PersonShift) -> ShiftLine:
    hours = read_document(Shift, row.hours)
    return ShiftLine(hours=hours, valid_from=row.valid_from, valid_until=row.valid_until, set_at=row.set_at)
