"""Writing down that a buyer took back what they were paid for."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.reversals import ReversalRow
from domain.review_case.state import ReviewCaseState


async def keep_reversal(session: AsyncSession, case: ReviewCaseState) -> None:
    """For a case without one nothing is asked of the database."""
    seen, identity = case.reversal, case.identity
    if seen is None or identity is None:
        return
    row = {"case": case.opening.case, "shop": case.opening.shop, "run": seen.run, "paid_fen": seen.paid_fen}
    person = UUID(identity.buyer) if identity.buyer else None
    made = insert(ReversalRow).values(**row, buyer_person=person, at=seen.at)
    await session.execute(made.on_conflict_do_nothing())
