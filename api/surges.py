"""Surge mode: for a stretch of time a shop calls first and works by value and age."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.callers import TheCaller
from api.errors import documented
from api.fields import Line, Moment
from api.house import TheHouse
from db import surges
from workflows.starting import start_surge, tell_surge

router = APIRouter(tags=["office"])


class SurgeBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    starts_at: Moment | None = Field(default=None, description="empty: now")
    ends_at: Moment
    why: Line


class SurgeLine(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    shop: str
    starts_at: datetime
    ends_at: datetime
    why: str
    set_by: UUID
    set_at: datetime


@router.get("/shops/{code}/surges", responses=documented(403, 404), summary="Surges of a shop")
async def list_surges(house: TheHouse, caller: TheCaller, code: str) -> list[SurgeLine]:
    """The latest first."""
    caller.enter(code)
    async with house.reads() as session:
        return [SurgeLine.model_validate(row) for row in await surges.list_surges(session, code)]


@router.post("/shops/{code}/surges", responses=documented(403, 404), status_code=201, summary="Set a surge")
async def set_surge(house: TheHouse, caller: TheCaller, code: str, body: SurgeBody) -> SurgeLine:
    """While it lasts contacts are planned by phone where there is one, also those that were planned before, and the
    queue goes by value and age. It ends by itself."""
    caller.enter(code)
    now = house.now()
    async with house.sessions.begin() as session:
        row = await surges.set_surge(session, caller.person, now, code, body.starts_at or now, body.ends_at, body.why)
        # Within the transaction: a surge that nothing would follow is not set.
        await start_surge(house.client, str(row.id), house.settings)
        return SurgeLine.model_validate(row)


@router.delete(
    "/shops/{code}/surges/{surge}", responses=documented(403, 404), status_code=204, summary="End a surge now"
)
async def end_surge(house: TheHouse, caller: TheCaller, code: str, surge: UUID) -> None:
    """Contacts that were planned in it are planned anew. Ending it once more does no harm."""
    caller.enter(code)
    async with house.sessions.begin() as session:
        await surges.end_surge(session, caller.person, house.now(), code, surge)
    await tell_surge(house.client, str(surge), house.settings)
