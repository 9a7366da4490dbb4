"""The payout gate: asked once more before money moves; where it opens, the payout gets its row and permanent key."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.gate import ask_gate
from activities.policies import Policies
from activities.requests import PayoutRequest
from db import budgets
from db.sessions import Sessions
from db.tables.money import Payout
from domain.payouts import PayoutStatus, money_key
from domain.review_case.facts import PayoutOpened

# What only the shop can mend it tells the case of by signal; this is for a signal that got lost.
ASK_A_SHUT_GATE = timedelta(days=1)
DEAD = (PayoutStatus.FAILED, PayoutStatus.CANCELLED)


class PayoutGate:
    def __init__(self, sessions: Sessions, policies: Policies) -> None:
        self._sessions = sessions
        self._policies = policies

    @activity.defn
    async def open_payout(self, request: PayoutRequest) -> PayoutOpened:
        """Ask the gate; where it opens, write the payout's row under its permanent key. Repeating it answers the same
        row; an offer that is paid or under way gets no second one."""
        async with self._sessions.begin() as session:
            live = await _live_payout(session, request)
            if live is not None:
                return PayoutOpened(
                    key=live.key, amount_fen=live.amount_fen, gate=live.gate, gate_facts=live.gate_facts
                )
            asked = await ask_gate(session, self._policies, request)
            missing = list(asked.missing)
            reserved = await budgets.reservation_of(session, request.case, request.offer, lock=True)
            if reserved is None or not reserved.live or reserved.amount_fen != request.amount_fen:
                missing = [*missing, "reservation"]
            if missing:
                ours = asked.ours and missing == list(asked.missing)
                again_at = request.now + ASK_A_SHUT_GATE if ours else None
                return PayoutOpened(missing=missing, ours=ours, again_at=again_at)
            key = money_key(request.installation, request.shop_serial, request.case_serial, request.attempt)
            session.add(
                Payout(
                    key=key,
                    case=request.case,
                    shop=request.shop,
                    offer=request.offer,
                    attempt=request.attempt,
                    amount_fen=request.amount_fen,
                    form=request.form,
                    payee=UUID(request.payee) if request.payee else None,
                    status=PayoutStatus.APPROVED,
                    gate=asked.why,
                    gate_facts=asked.facts,
                    made_at=request.now,
                )
            )
            return PayoutOpened(key=key, amount_fen=request.amount_fen, gate=asked.why, gate_facts=asked.facts)


async def _live_payout(session: AsyncSession, request: PayoutRequest) -> Payout | None:
    live = select(Payout).where(
        Payout.case == request.case, Payout.offer == request.offer, Payout.status.not_in([str(dead) for dead in DEAD])
    )
    return await session.scalar(live)
