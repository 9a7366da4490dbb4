"""Finding cases by whatever number somebody has in hand."""

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.reads.cases import CaseLine
from db.tables.buyers import Review
from db.tables.cases import CaseFile
from db.tables.money import Payout
from db.tables.refunds import Refund

AT_MOST = 50


async def search_cases(session: AsyncSession, number: str, shops: frozenset[str] | None) -> list[CaseLine]:
    """Cases whose own number begins so, or whose review, refund, order or payout has exactly this one. `shops` None
    means every shop."""
    ordered = (
        select(Review.id)
        .where(Review.order_external_id == number)
        .union(select(Refund.id).where(Refund.order_external_id == number))
    )
    paid = select(Payout.case).where(Payout.key == number)
    found = select(CaseFile).where(
        or_(
            CaseFile.number.startswith(number.upper(), autoescape=True),
            CaseFile.external_id == number,
            CaseFile.source_row.in_(ordered),
            CaseFile.number.in_(paid),
        )
    )
    if shops is not None:
        found = found.where(CaseFile.shop.in_(shops))
    rows = await session.scalars(found.order_by(CaseFile.opened_at.desc(), CaseFile.number).limit(AT_MOST))
    return [CaseLine.model_validate(row) for row in rows]
