"""Claims at couriers, as their rows have it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.cases import CaseFile
from db.tables.couriers import CourierClaim
from domain.courier_claims import WAITING, ClaimStatus
from domain.errors import Refusal


class ClaimMadeAlready(Refusal):
    """The parcel was claimed for, in this case or another one."""

    code = "ClaimMadeAlready"


async def keep_claim(session: AsyncSession, claim: dict[str, Any]) -> None:
    """A new row. One under its key that was kept for a step nobody heard the answer of, and has not begun, becomes this
    claim. Raises ClaimMadeAlready where another claim for the parcel stands."""
    standing = CourierClaim.status.not_in([ClaimStatus.REJECTED, ClaimStatus.DROPPED])
    others = CourierClaim.shipment == claim["shipment"], CourierClaim.key != claim["key"], standing
    if await session.scalar(select(CourierClaim.key).where(*others).limit(1)) is not None:
        raise ClaimMadeAlready("This parcel was claimed for already, maybe in another case; look at its claims.")
    columns = {CourierClaim.__mapper__.columns[name].name: value for name, value in claim.items()}
    row = insert(CourierClaim).values(**claim)
    unbegun = CourierClaim.status == ClaimStatus.DRAFT
    await session.execute(row.on_conflict_do_update(index_elements=["key"], set_=columns, where=unbegun))


async def lock_claim(session: AsyncSession, key: str) -> CourierClaim:
    return await session.get_one(CourierClaim, key, with_for_update=True)


def move(claim: CourierClaim, status: ClaimStatus, now: datetime) -> None:
    claim.status = status
    claim.settled_at = None if status in WAITING else now


async def current_run(session: AsyncSession, case: str) -> str:
    """The workflow of the case's current run."""
    return await session.scalar(select(CaseFile.workflow).where(CaseFile.number == case)) or ""


def next_ask(claim: CourierClaim, now: datetime) -> datetime:
    """When the courier is asked again; also at the moment when its answer is due."""
    usual = now + timedelta(hours=claim.ask_hours)
    return min(usual, claim.answer_due_at) if now < claim.answer_due_at else usual
