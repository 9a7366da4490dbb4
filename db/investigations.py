"""Writing down who was asked about a case."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.investigations import InvestigationRow
from domain.review_case.state import ReviewCaseState


async def keep_investigations(session: AsyncSession, case: ReviewCaseState) -> None:
    """Bring the rows of a case to its state; for a case without investigations nothing is asked of the database."""
    rows = [
        {
            "case": case.opening.case,
            "number": one.number,
            "shop": case.opening.shop,
            "person": UUID(one.to),
            "question": UUID(one.question.id),
            "asked_at": one.at,
            "due_at": one.due_at,
            "ended_at": one.answered_at or case.closed_at,
        }
        for one in case.agreements.investigations
    ]
    if rows:
        row = insert(InvestigationRow)
        ended = {"ended_at": row.excluded.ended_at}
        kept = row.on_conflict_do_update(index_elements=["case_number", "number"], set_=ended)
        await session.execute(kept, rows)
