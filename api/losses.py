"""What returns and amends have cost: net losses per shop and period, the cases behind them, and courier claims."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.callers import Caller, TheCaller
from api.errors import BadInput, documented
from api.fields import Moment
from api.house import TheHouse
from api.paging import Cursor, Limit, read_cursor, write_cursor
from db.reads.courier_claims import ClaimLine, list_claims
from db.reads.losses import CaseLosses, Period, ShopLosses, losses_by_case, losses_by_shop

router = APIRouter(tags=["money"])
CASES, CLAIMS = "losses", "courier-claims"
LONGEST = timedelta(days=400)

Since = Annotated[Moment, Query(description="from this moment on")]
Until = Annotated[Moment, Query(description="until before this moment")]
OneShop = Annotated[str | None, Query(max_length=32)]


class LossReport(BaseModel):
    since: datetime
    until: datetime
    shops: list[ShopLosses] = Field(description="those in which something was posted")


class CaseLossPage(BaseModel):
    cases: list[CaseLosses]
    next: str | None = Field(description="cursor of the next page; null where this is the last")


class ClaimPage(BaseModel):
    claims: list[ClaimLine]
    next: str | None = Field(description="cursor of the next page; null where this is the last")


@router.get("/losses", responses=documented(403), summary="Net losses per shop and period")
async def list_losses(
    house: TheHouse, caller: TheCaller, since: Since, until: Until, shop: OneShop = None
) -> LossReport:
    """Each thing counts at the moment at which it became known; a correction counts at its own. All figures come from
    the ledger."""
    period = _period(caller, shop, since, until)
    async with house.reads() as session:
        return LossReport(since=since, until=until, shops=await losses_by_shop(session, period))


@router.get("/losses/cases", responses=documented(403), summary="The cases behind the losses")
async def list_case_losses(
    house: TheHouse,
    caller: TheCaller,
    since: Since,
    until: Until,
    shop: OneShop = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> CaseLossPage:
    """Their sums are the shops' sums."""
    period, after = _period(caller, shop, since, until), read_cursor(cursor, CASES)
    async with house.reads() as session:
        lines = await losses_by_case(session, period, limit, after)
    more = write_cursor(CASES, lines[-1].posted_at, lines[-1].case) if len(lines) == limit else None
    return CaseLossPage(cases=lines, next=more)


@router.get("/courier-claims", responses=documented(403), summary="Claims at couriers")
async def list_courier_claims(
    house: TheHouse,
    caller: TheCaller,
    shop: OneShop = None,
    open: Annotated[bool | None, Query(description="true: those that wait for something, false: the others")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ClaimPage:
    after = read_cursor(cursor, CLAIMS)
    async with house.reads() as session:
        lines = await list_claims(session, _shops(caller, shop), open, limit, after)
    more = write_cursor(CLAIMS, lines[-1].made_at, lines[-1].key) if len(lines) == limit else None
    return ClaimPage(claims=lines, next=more)


def _shops(caller: Caller, shop: str | None) -> frozenset[str] | None:
    """One shop of those that are visible; none where it is not among them."""
    visible = caller.shops()
    if shop is None:
        return visible
    return frozenset({shop}) if visible is None or shop in visible else frozenset()


def _period(caller: Caller, shop: str | None, since: datetime, until: datetime) -> Period:
    """Raises BadInput."""
    if until <= since:
        raise BadInput("The period ends before it begins; swap since and until.", field="until")
    if until - since > LONGEST:
        raise BadInput(f"The period has more than {LONGEST.days} days; ask for a shorter one.", field="since")
    return Period(_shops(caller, shop), since, until)
