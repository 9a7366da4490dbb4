"""Differences between the wallets' statements and our payouts: listed, and settled with a reason."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.callers import TheCaller
from api.errors import documented
from api.fields import Text
from api.house import TheHouse
from api.paging import Cursor, Limit, read_cursor, write_cursor
from db.reads import differences as reads

router = APIRouter(tags=["money"])
DIFFERENCES = "differences"


class SettleBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Text


class DifferencePage(BaseModel):
    differences: list[reads.DifferenceLine]
    next: str | None = Field(description="cursor of the next page; null where this is the last")


@router.get("/differences", responses=documented(403), summary="What a wallet's statement and our payouts differ in")
async def list_differences(
    house: TheHouse, caller: TheCaller, settled: bool | None = None, limit: Limit = 50, cursor: Cursor = None
) -> DifferencePage:
    after = read_cursor(cursor, DIFFERENCES)
    async with house.reads() as session:
        lines = await reads.list_differences(session, caller.shops(), settled, limit, after)
    behind = write_cursor(DIFFERENCES, lines[-1].found_at, str(lines[-1].id)) if len(lines) == limit else None
    return DifferencePage(differences=lines, next=behind)


@router.post("/differences/{id}/settle", responses=documented(403, 404, 409), summary="Say how a difference came about")
async def settle_difference(house: TheHouse, caller: TheCaller, id: UUID, body: SettleBody) -> reads.DifferenceLine:
    """Kept with the difference and in the office's record. No money moves by it."""
    async with house.sessions.begin() as session:
        row = await reads.difference_of(session, id)
        if row.shop is None:
            caller.enter_house()
        else:
            caller.enter(row.shop)
        return await reads.settle_difference(session, row, caller.person, body.reason, house.now())
