"""Buyers of whom a person has said that they abuse member rights, as later cases of the same person see it."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.cases import CaseFile


async def earlier_abuse(session: AsyncSession, person: UUID | None, case: str) -> int:
    """In how many other cases of this person the flag stands; where it was taken back, it does not count."""
    if person is None:
        return 0
    others = CaseFile.buyer_person == person, CaseFile.number != case
    flagged = select(func.count()).where(*others, CaseFile.state["abuse"].astext.is_not(None))
    return await session.scalar(flagged) or 0
