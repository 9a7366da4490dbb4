"""Buyers' data: masked everywhere else, in plain only here, with a reason and on record; found, and forgotten."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.callers import TheCaller
from api.errors import NotFound, documented
from api.fields import Line, Moment, Text
from api.finding import case_for
from api.house import House, TheHouse
from db import office
from db.audit import record
from db.policy_rows import InForce, policy_in_force
from db.reads.looks import UNMASKED, Look, LooksAsked, looks_at
from db.reads.looks import list_looks as looks_of
from db.reads.unmasked import FoundBuyer, PlainBuyer, buyer_and_order, find_buyers, in_plain
from db.retention import Forgotten, cases_of_buyer, due_cases, forget, held_cases
from db.sealed_texts import seal_text
from db.tables.retention import ErasureRun
from domain.policies.retention import Forget, RetentionPolicy
from vault.setup import needed

router = APIRouter(tags=["buyers"])
MOST_AT_ONCE = 200


class Why(StrEnum):
    """What a buyer's data is needed for."""

    CALL = "call"
    IDENTIFY = "identify"
    PAYOUT = "payout"
    RETURN = "return"
    PLATFORM_REPORT = "platform_report"
    POLICE = "police"
    BUYER_ASKED = "buyer_asked"


class UnmaskBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    fields: list[Literal["nick", "name", "phone", "address", "accounts"]] = Field(min_length=1, max_length=5)
    why: Why
    note: Text | None = Field(default=None, description="more of the reason; it is sealed")


class RetentionView(BaseModel):
    """What would be forgotten if it were done now; at most 200 cases are named."""

    policy: str
    forget: Forget
    days_after_close: int
    evidence_months: int
    due: list[str]
    held: list[str] = Field(description="due but for a legal hold")


class RunView(BaseModel):
    """One round of forgetting."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    at: Moment
    by: str
    policy: str
    forget: Forget
    cases: int
    texts: int
    files: int
    buyers: int


class Erased(BaseModel):
    cases: list[str]
    texts: int
    files: int
    buyers: int


class EraseBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    why: Text


@router.post("/cases/{number}/buyer/unmask", responses=documented(403, 404, 409), summary="A buyer's data in plain")
async def unmask_buyer(house: TheHouse, caller: TheCaller, number: str, body: UnmaskBody) -> PlainBuyer:
    """Every look is in the office's record, with its reason, before the answer leaves."""
    row = await case_for(house, caller, number)
    async with house.sessions.begin() as session:
        buyer, order = await buyer_and_order(session, row)
        if buyer is None or buyer.erased_at is not None:
            raise NotFound(f"Of the buyer of case {row.number} nothing is known any more.")
        note = await seal_text(session, "unmask.note", body.note, house.now()) if body.note else None
        facts = {"shop": row.shop, "buyer": str(buyer.id), "fields": sorted(set(body.fields)), "why": body.why}
        noted = facts | ({"note": note.model_dump()} if note else {})
        await record(session, str(caller.person), house.now(), UNMASKED, row.number, noted)
        return await in_plain(session, buyer, order, list(body.fields))


@router.get("/cases/{number}/buyer/looks", responses=documented(403, 404), summary="Who saw this buyer's data")
async def case_looks(house: TheHouse, caller: TheCaller, number: str) -> list[Look]:
    row = await case_for(house, caller, number)
    async with house.reads() as session:
        return await looks_at(session, row.number)


@router.get("/looks", responses=documented(403), summary="Who saw which buyer's data, in all cases")
async def list_looks(
    house: TheHouse,
    caller: TheCaller,
    who: Annotated[UUID | None, Query(description="id of a person")] = None,
    since: Moment | None = None,
    until: Moment | None = None,
    after: Annotated[int, Query(ge=0, le=2**53, description="seq of the last one that is known already")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> list[Look]:
    """In the shops that you may see, the first look first."""
    async with house.reads() as session:
        return await looks_of(session, LooksAsked(caller.shops(), who, since, until), after, limit)


@router.get("/search/buyers", responses=documented(403), summary="Find a buyer by what they say of themselves")
async def search_buyers(
    house: TheHouse,
    caller: TheCaller,
    q: Annotated[
        Line, Query(min_length=4, max_length=100, description="phone, its last four digits, account, or nick")
    ],
) -> list[FoundBuyer]:
    """Masked, and only buyers with a case in a shop that you may see."""
    async with house.reads() as session:
        return await find_buyers(session, house.ring, q.strip(), caller.shops())


@router.get("/shops/{code}/retention", responses=documented(403, 404), summary="What is due to be forgotten")
async def preview_retention(house: TheHouse, caller: TheCaller, code: str) -> RetentionView:
    caller.enter(code)
    async with house.reads() as session:
        found, policy = await _policy(session, code)
        due = await due_cases(session, code, policy, house.now(), MOST_AT_ONCE)
        held = await held_cases(session, code, policy, house.now())
    return RetentionView(
        policy=_name(found), forget=policy.forget, days_after_close=policy.days_after_close,
        evidence_months=policy.evidence_months, due=due, held=held,
    )  # fmt: skip


@router.post("/shops/{code}/retention", responses=documented(403, 404), summary="Forget what is due now")
async def run_retention(house: TheHouse, caller: TheCaller, code: str) -> Erased:
    """At most 200 cases; ask again for more. A worker does the same every day."""
    caller.enter(code)
    async with house.sessions.begin() as session:
        await office.shop_of(session, code)
        found, policy = await _policy(session, code)
        due = await due_cases(session, code, policy, house.now(), MOST_AT_ONCE)
        done = await forget(session, code, due, policy.forget, _name(found), str(caller.person), house.now())
        await _take_files(house, done)
    return _erased(done)


@router.get(
    "/shops/{code}/retention/runs", responses=documented(403, 404), summary="What was forgotten, the newest first"
)
async def list_erasures(
    house: TheHouse, caller: TheCaller, code: str, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> list[RunView]:
    caller.enter(code)
    async with house.reads() as session:
        rows = select(ErasureRun).where(ErasureRun.shop == code).order_by(ErasureRun.at.desc()).limit(limit)
        return [RunView.model_validate(row) for row in await session.scalars(rows)]


@router.post(
    "/cases/{number}/buyer/erase", responses=documented(403, 404, 409), summary="Erase a buyer who asked for it"
)
async def erase_buyer(house: TheHouse, caller: TheCaller, number: str, body: EraseBody) -> Erased:
    """All cases of the buyer, and the index by which they would be known again. Refused while one of them is open or
    under a legal hold."""
    row = await case_for(house, caller, number)
    async with house.sessions.begin() as session:
        buyer, _ = await buyer_and_order(session, row)
        if buyer is None or buyer.erased_at is not None:
            raise NotFound(f"Of the buyer of case {row.number} nothing is known any more.")
        cases = await cases_of_buyer(session, buyer.id)
        reason = await seal_text(session, "erase.why", body.why, house.now())
        facts = {"shop": row.shop, "buyer": str(buyer.id), "why": reason.model_dump()}
        await record(session, str(caller.person), house.now(), "buyer.erase_asked", row.number, facts)
        done = await forget(
            session, row.shop, cases, Forget.ERASE, "asked by the buyer", str(caller.person), house.now()
        )
        await _take_files(house, done)
    return _erased(done)


async def _take_files(house: House, done: Forgotten) -> None:
    """Inside of the transaction, which holds the files' rows: nobody can attach one again meanwhile."""
    for sha256 in done.files:
        await needed(house.vault).erase(sha256)


async def _policy(session: AsyncSession, shop: str) -> tuple[InForce, RetentionPolicy]:
    found = await policy_in_force(session, "retention", shop)
    assert isinstance(found.document, RetentionPolicy)  # noqa: S101 the kind decides the model
    return found, found.document


def _name(found: InForce) -> str:
    return f"retention:{found.shop or 'house'}:{found.version}" if found.version else "retention:shipped"


def _erased(done: Forgotten) -> Erased:
    return Erased(cases=done.cases, texts=done.texts, files=done.attachments, buyers=done.buyers)
