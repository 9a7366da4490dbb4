"""Writing down which offer of a case waits for an approval."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.approvals import WaitingApproval
from domain.refund_case.state import RefundCaseState
from domain.review_case import approving
from domain.review_case.state import ReviewCaseState


async def keep_approval(session: AsyncSession, case: ReviewCaseState | RefundCaseState, now: datetime) -> None:
    """Bring the row of a case's last offer to its state; for one within its maker's right nothing is asked of the
    database."""
    offer = case.offer
    if offer is None or not offer.need_roles:
        return
    waits = approving.waiting(case) is not None and case.held is None and case.outcome is None
    row = insert(WaitingApproval).values(
        case=case.opening.case,
        offer=offer.number,
        shop=case.opening.shop,
        form=offer.form,
        amount_fen=offer.amount_fen,
        maker=offer.maker,
        missing=approving.missing_roles(offer),
        given_by=[given.person for given in offer.approvals],
        since=offer.at,
        expires_at=offer.valid_until,
        ended_at=None if waits else now,
    )
    changing = ("missing", "given_by", "expires_at", "ended_at")
    newer = {name: row.excluded[name] for name in changing}
    await session.execute(row.on_conflict_do_update(index_elements=["case_number", "offer"], set_=newer))
