"""What a payout does to money that was set aside: it is spent and posted once, in the transaction that says so."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db import budgets
from db.tables.cases import CaseFile, CaseKey
from db.tables.money import LedgerEntry, Payout
from domain.fulfilment import account_of
from domain.gate import GateMode
from domain.offers import OfferForm
from domain.payouts import PayoutStatus


async def settle(
    session: AsyncSession, payout: Payout, paid_at: datetime, reference: str | None, now: datetime
) -> None:
    """It arrived, by whatever way: the reservation is spent and the ledger gets its two lines, once."""
    payout.status, payout.code, payout.provider_order = PayoutStatus.PAID, None, reference
    payout.paid_at, payout.settled_at = paid_at, now
    await budgets.spend(session, payout.case, payout.offer, now)
    lines = [
        (f"compensation:{payout.shop}", payout.amount_fen),
        (account_of(OfferForm(payout.form)), -payout.amount_fen),
    ]
    rows: list[dict[str, Any]] = [
        {"posting": payout.key, "account": account, "amount_fen": fen, "case": payout.case, "at": now}
        for account, fen in lines
    ]
    await session.execute(insert(LedgerEntry).on_conflict_do_nothing(), rows)


async def amends_made(session: AsyncSession, case: str, absorbed: Collection[str], offer: int) -> bool:
    """Whether amends other than this offer were made, or are under way, in this case (in whatever run of it) or in one
    that was merged into it. The case's own state says the same; this is the row's word for it."""
    others = ~((Payout.case == case) & (Payout.offer == offer))
    ours = Payout.case.in_([case, *absorbed])
    made = select(Payout.key).where(ours, others, Payout.status.not_in(_NOTHING_CAME_OF_IT))
    return await session.scalar(made.limit(1)) is not None


async def frozen(session: AsyncSession, payout: Payout) -> bool:
    """Whether nothing may be sent by itself, as the case's file stands: a supervisor has to decide about the buyer, or
    the amendment that opened the gate is gone. An application for a refund knows neither."""
    state = select(CaseFile.state["suspicion"], CaseFile.state["amendment"]).where(CaseFile.number == payout.case)
    suspicion, amendment = (await session.execute(state)).one()
    suspected = suspicion is not None and suspicion["decided"] is not False
    rests_on_it = (payout.gate_facts or {}).get("mode") == GateMode.AFTER_AMENDMENT
    return suspected or (rests_on_it and amendment is None)


_NOTHING_CAME_OF_IT = (PayoutStatus.FAILED, PayoutStatus.CANCELLED)


async def current_run(session: AsyncSession, payout: Payout) -> str:
    current = (
        select(CaseFile.workflow).join(CaseKey, CaseKey.case == CaseFile.number).where(CaseFile.number == payout.case)
    )
    return await session.scalar(current) or ""
