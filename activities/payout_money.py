"""What a payout does to money that was set aside: it is spent and posted once, in the transaction that says so."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.cases import CaseFile, CaseKey
from db.tables.money import Budget, LedgerEntry, Payout, Reservation
from domain.fulfilment import account_of
from domain.offers import OfferForm
from domain.payouts import PayoutStatus


async def reservation_of(session: AsyncSession, case: str, offer: int) -> Reservation | None:
    found = select(Reservation).where(Reservation.case == case, Reservation.offer == offer).with_for_update()
    return await session.scalar(found)


async def settle(
    session: AsyncSession, payout: Payout, paid_at: datetime, reference: str | None, now: datetime
) -> None:
    """It arrived, by whatever way: the reservation is spent and the ledger gets its two lines, once."""
    payout.status, payout.code, payout.provider_order = PayoutStatus.PAID, None, reference
    payout.paid_at, payout.settled_at = paid_at, now
    reserved = await reservation_of(session, payout.case, payout.offer)
    if reserved is not None and reserved.status == "reserved":
        reserved.status, reserved.settled_at = "spent", now
        month = update(Budget).where(Budget.shop == reserved.shop, Budget.month == reserved.month)
        moved = {
            "reserved_fen": Budget.reserved_fen - payout.amount_fen,
            "spent_fen": Budget.spent_fen + payout.amount_fen,
        }
        await session.execute(month.values(**moved))
    lines = [
        (f"compensation:{payout.shop}", payout.amount_fen),
        (account_of(OfferForm(payout.form)), -payout.amount_fen),
    ]
    rows: list[dict[str, Any]] = [
        {"posting": payout.key, "account": account, "amount_fen": fen, "case": payout.case, "at": now}
        for account, fen in lines
    ]
    await session.execute(insert(LedgerEntry).on_conflict_do_nothing(), rows)


async def current_run(session: AsyncSession, payout: Payout) -> str:
    current = (
        select(CaseFile.workflow).join(CaseKey, CaseKey.case == CaseFile.number).where(CaseFile.number == payout.case)
    )
    return await session.scalar(current) or ""
