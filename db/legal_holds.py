"""Legal holds: a case that may become evidence is kept whole, whatever retention says."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import record
from db.sealed_texts import seal_text
from db.tables.cases import CaseFile
from db.tables.vault import LegalHold
from domain.errors import Refusal


class HeldAlready(Refusal):
    """The case is under a legal hold."""

    code = "HeldAlready"


class NotHeld(Refusal):
    """The case is under no legal hold."""

    code = "NotHeld"


async def standing_hold(session: AsyncSession, case: str) -> LegalHold | None:
    found = select(LegalHold).where(LegalHold.case == case, LegalHold.lifted_at.is_(None))
    hold: LegalHold | None = await session.scalar(found.with_for_update())
    return hold


async def set_hold(session: AsyncSession, case: CaseFile, why: str, by: str, now: datetime) -> None:
    """Raises HeldAlready."""
    if await standing_hold(session, case.number) is not None:
        raise HeldAlready(f"Case {case.number} is held already; lift that hold first if it is to be another.")
    reason = await seal_text(session, "legal_hold", why, now)
    row = {"id": uuid4(), "case": case.number, "why": reason.id, "set_by": by, "set_at": now}
    await session.execute(insert(LegalHold).values(**row))
    await record(session, by, now, "hold.set", case.number, {"shop": case.shop, "why": reason.model_dump()})


async def lift_hold(session: AsyncSession, case: CaseFile, why: str, by: str, now: datetime) -> None:
    """From now on retention counts again. Raises NotHeld."""
    hold = await standing_hold(session, case.number)
    if hold is None:
        raise NotHeld(f"Case {case.number} is under no legal hold; nothing is to be lifted.")
    hold.lifted_by, hold.lifted_at = by, now
    reason = await seal_text(session, "legal_hold", why, now)
    await record(session, by, now, "hold.lifted", case.number, {"shop": case.shop, "why": reason.model_dump()})
