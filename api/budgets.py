"""Budgets and quotas: how they stand, what moved them, and a supervisor's word on one of them."""

from datetime import datetime
from typing import Annotated
from uuid import NAMESPACE_URL, uuid5

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.callers import TheCaller
from api.engine import IdempotencyKeyReused
from api.errors import BadInput, documented
from api.fields import Text
from api.finding import case_for
from api.house import House, TheHouse
from api.paging import BadCursor, Cursor, Limit, read_cursor, write_cursor
from api.steps import IdempotencyKey
from db import office, sales
from db.budget_raises import Raise, raise_budget
from db.reads import budgets as reads
from domain.budgets import Amount, BudgetKey
from domain.policies.compensation import FormKind

router = APIRouter(tags=["money"])
POSTINGS = "budget-postings"
Month = Annotated[str, StringConstraints(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
# A thousand times the shipped ceilings; more is a typing error.
Fen = Annotated[int, Field(ge=-100_000_000, le=100_000_000, strict=True)]
Count = Annotated[int, Field(ge=-1_000_000, le=1_000_000, strict=True)]


class RaiseBody(BaseModel):
    """`fen` and `coupons` below zero take back what is left."""

    model_config = ConfigDict(extra="forbid")

    budget: str = Field(max_length=200, description="its name, as the shop's budgets list it")
    fen: Fen = 0
    coupons: Count = 0
    why: Text


class PostingPage(BaseModel):
    postings: list[reads.PostingLine]
    next: str | None = Field(description="cursor of the next page; null where this is the last")


class SalesBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    fen: Annotated[int, Field(ge=0, le=10**13, strict=True)]


class SalesLine(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    shop: str
    month: str
    fen: int
    set_by: str
    set_at: datetime


@router.get("/shops/{code}/budgets", responses=documented(403, 404), summary="A shop's budgets and quotas")
async def show_budgets(
    house: TheHouse,
    caller: TheCaller,
    code: str,
    month: Annotated[Month | None, Query(description="empty: the shop's month now")] = None,
    day: Annotated[Day | None, Query(description="of its people's budgets; empty: the shop's day now")] = None,
) -> list[reads.BudgetView]:
    """Used, reserved and left: the shop's cash, its (or its team's) quota of coupons, and its people's day."""
    caller.enter(code)
    return await _budgets_of(house, code, month, day)


async def _budgets_of(house: House, code: str, month: str | None, day: str | None) -> list[reads.BudgetView]:
    async with house.sessions() as session:
        shop = await office.shop_of(session, code)
        policy, _ = await house.policies.compensation(session, code)
        return await reads.shop_budgets(session, shop, policy, house.now(), month, day)


@router.get("/cases/{number}/budgets", responses=documented(403, 404), summary="What an offer of mine would draw on")
async def show_case_budgets(house: TheHouse, caller: TheCaller, number: str) -> list[reads.BudgetView]:
    """In this case and now: the shop's month, my day, this buyer's 90 days, and the quota of coupons."""
    row = await case_for(house, caller, number)
    async with house.sessions() as session:
        policy, _ = await house.policies.compensation(session, row.shop)
        return await reads.case_budgets(session, row, caller.person, policy, house.now())


@router.post(
    "/shops/{code}/budgets/raise", responses=documented(403, 404, 409), summary="Raise one budget, or take back"
)
async def raise_one_budget(
    house: TheHouse, caller: TheCaller, code: str, body: RaiseBody, idempotency_key: IdempotencyKey = None
) -> reads.PostingLine:
    """For good use the policy; this is for one month, one day or one buyer. It stands in the ledger and in the office's
    record with its reason. Answers what it posted."""
    caller.enter(code)
    key, more = BudgetKey.read(body.budget), Amount(body.fen, body.coupons)
    if not more or (more.coupons and key.kind is not FormKind.COUPON):
        raise BadInput("Say by how much: fen, and for a quota also coupons.", field="fen")
    id = uuid5(NAMESPACE_URL, f"{caller.person}:{code}:{idempotency_key}") if idempotency_key else None
    async with house.sessions.begin() as session:
        policy, version = await house.policies.compensation(session, code)
        wish = Raise(key, more, body.why, id)
        posting = await raise_budget(session, caller.person, house.now(), code, wish, policy, version)
        shown = await reads.show_posting(session, posting)
    if (shown.why, shown.moved(str(key))) != (body.why, more):
        raise IdempotencyKeyReused("This Idempotency-Key was used for another raise; take a new key.")
    return shown


@router.get("/shops/{code}/budget-postings", responses=documented(403, 404), summary="What moved a shop's budgets")
async def list_budget_postings(
    house: TheHouse,
    caller: TheCaller,
    code: str,
    budget: Annotated[str | None, Query(max_length=200, description="only those of this budget")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PostingPage:
    """The newest first. Each is final; the lines of each sum to zero in every budget that it touches."""
    caller.enter(code)
    async with house.reads() as session:
        postings = await reads.list_postings(session, code, budget, limit, _serial(cursor))
    last = postings[-1] if len(postings) == limit else None
    return PostingPage(postings=postings, next=write_cursor(POSTINGS, last.at, str(last.serial)) if last else None)


def _serial(cursor: str | None) -> int | None:
    read = read_cursor(cursor, POSTINGS)
    if read is not None and not (read[1].isdecimal() and read[1].isascii() and len(read[1]) < 19):
        raise BadCursor("This cursor does not belong to this list; begin at its first page, without a cursor.")
    return int(read[1]) if read else None


@router.get("/budgets/trial-balance", responses=documented(403), summary="The ledger of budgets, reckoned anew")
async def show_trial_balance(house: TheHouse, caller: TheCaller) -> reads.TrialBalance:
    """Over all shops; it reads every line."""
    async with house.sessions.begin() as session:
        return await reads.trial_balance(session)


@router.put("/shops/{code}/sales/{month}", responses=documented(403, 404), summary="Say what a shop sold in a month")
async def set_sales(house: TheHouse, caller: TheCaller, code: str, month: Month, body: SalesBody) -> SalesLine:
    """The next month's quota of coupons follows it where the policy says so."""
    caller.enter(code)
    async with house.sessions.begin() as session:
        return SalesLine.model_validate(
            await sales.set_sales(session, caller.person, house.now(), code, month, body.fen)
        )


@router.get("/shops/{code}/sales", responses=documented(403, 404), summary="What a shop sold, month by month")
async def list_sales(house: TheHouse, caller: TheCaller, code: str) -> list[SalesLine]:
    """The latest first."""
    caller.enter(code)
    async with house.reads() as session:
        return [SalesLine.model_validate(row) for row in await sales.list_sales(session, code)]
