"""Rows that the case's own activity would have written, for tests that need no worker."""

import asyncio
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert

from api.house import House
from db.buyers import BuyerFacts
from db.reviews import ReviewFacts, keep_review
from db.tables.cases import CaseFile
from domain.case_numbers import mint
from domain.contact_terms import Channel
from domain.review_case.state import ContactWait, Opening, ReviewCaseState


async def written(house: House, number: str, so: Callable[[CaseFile], bool]) -> None:
    """Waits until the case's own activity has written so; `saw` alone gives up after two seconds."""
    async with asyncio.timeout(60):
        while True:
            async with house.sessions() as session:
                row = await session.get(CaseFile, number)
            if row is not None and so(row):
                return
            await asyncio.sleep(0.1)


async def caught_up(house: House, number: str, version: int) -> None:
    """Waits until lists show at least this version of the case."""
    await written(house, number, lambda row: row.version >= version)


def is_assigned(row: CaseFile) -> bool:
    return row.assignee is not None


def is_closed(row: CaseFile) -> bool:
    return row.closed_at is not None


async def add_review(house: House, shop: str, external_id: str) -> UUID:
    buyer = BuyerFacts("sandbox", f"buyer-{external_id}", nick="chenchen", name="陈先生", phone="13800138000")
    now = house.now()
    facts = ReviewFacts(shop, "sandbox", external_id, external_id, "bad", "坏了", now, buyer, "pull", item_title="水壶")
    async with house.sessions.begin() as session:
        return (await keep_review(session, house.ring, facts, now)).row


async def add_case(house: House, shop: str, **fields: Any) -> str:
    """A case of which the engine knows nothing."""
    external_id = fields.pop("external_id", uuid4().hex)
    row = case_row(shop, external_id, await add_review(house, shop, external_id), house.now()) | fields
    row = {"place_at": row["due_at"], "surge_at": row["review_created_at"]} | row
    async with house.sessions.begin() as session:
        await session.execute(insert(CaseFile).values(**row))
    return str(row["number"])


def case_row(shop: str, external_id: str, review: UUID, now: datetime) -> dict[str, Any]:
    return {
        "number": mint(now.year, secrets.token_bytes(8)),
        "kind": "review",
        "workflow": f"review:sandbox:{shop}:{external_id}",
        "run": 1,
        "shop": shop,
        "platform": "sandbox",
        "external_id": external_id,
        "source_row": review,
        "stage": "unassigned",
        "grade": "bad",
        "severity": 1,
        "due_at": now + timedelta(hours=1),
        "due_what": "assign",
        "review_created_at": now,
        "opened_at": now,
        "version": 1,
        "person_step": 0,
        "state": {},
        "written_at": now,
        "cause_confirmed": False,
        "paid_fen": 0,
    }


def taken_by(person: UUID, now: datetime) -> dict[str, Any]:
    """The state of a case whose contact this person has begun."""
    contact = ContactWait(number=1, channel=Channel.CALL, due_at=now, slot_ends_at=now, why="", taken_by=str(person))
    opening = Opening(case="", platform="sandbox", shop="demo", external_id="1", review_row="")
    return ReviewCaseState(opening=opening, opened_at=now, contact=contact).model_dump(mode="json")
