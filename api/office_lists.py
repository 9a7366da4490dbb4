"""What the office looks through: payouts, and its own record."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.callers import TheCaller
from api.errors import documented
from api.house import TheHouse
from api.paging import Cursor, Limit, read_cursor, write_cursor
from db.reads import office
from domain.payouts import PayoutStatus

router = APIRouter(tags=["office"])
PAYOUTS = "payouts"


class PayoutPage(BaseModel):
    payouts: list[office.PayoutLine]
    next: str | None = Field(description="cursor of the next page; null where this is the last")


@router.get("/payouts", responses=documented(403), summary="Payouts, the newest first")
async def list_payouts(
    house: TheHouse,
    caller: TheCaller,
    status: PayoutStatus | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PayoutPage:
    async with house.reads() as session:
        lines = await office.list_payouts(session, caller.shops(), status, limit, read_cursor(cursor, PAYOUTS))
    behind = write_cursor(PAYOUTS, lines[-1].made_at, lines[-1].key) if len(lines) == limit else None
    return PayoutPage(payouts=lines, next=behind)


@router.get("/office/events", responses=documented(403), summary="Who changed what in the office, in order")
async def list_office_events(
    house: TheHouse,
    caller: TheCaller,
    after: Annotated[int, Query(ge=0, le=2**53, description="seq of the last line that is known already")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    kind: Annotated[str | None, Query(max_length=60, description="like `policy.put` or `buyer.unmasked`")] = None,
    actor: Annotated[str | None, Query(max_length=60, description="id of a person")] = None,
    subject: Annotated[str | None, Query(max_length=60, description="a case, a file, a shop, a person")] = None,
) -> list[office.OfficeLine]:
    async with house.reads() as session:
        return await office.list_office_events(session, after, limit, kind=kind, actor=actor, subject=subject)
