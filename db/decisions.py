"""Writing down what was put to a leader for a decision."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.decisions import DecisionRow
from domain.review_case.state import ReviewCaseState


async def keep_decisions(session: AsyncSession, case: ReviewCaseState) -> None:
    """Bring the rows of a case to its state; for a case without decisions nothing is asked of the database."""
    rows = [
        {
            "case": case.opening.case,
            "number": one.number,
            "shop": case.opening.shop,
            "needs": str(one.needs),
            "asked_by": UUID(one.by),
            "question": UUID(one.what.id),
            "asked_at": one.at,
            "due_at": one.due_at,
            "granted": one.granted,
            "ended_at": one.decided_at or case.closed_at,
        }
        for one in case.agreements.decisions
    ]
    if rows:
        row = insert(DecisionRow)
        ended = {"ended_at": row.excluded.ended_at, "granted": row.excluded.granted}
        kept = row.on_conflict_do_update(index_elements=["case_number", "number"], set_=ended)
        await session.execute(kept, rows)
