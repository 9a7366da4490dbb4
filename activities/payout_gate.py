"""The payout gate: asked once more before money moves; where it opens, the payout gets its row and permanent key."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.gate import ask_gate
from activities.payout_money import amends_made
from activities.policies import Policies
from activities.requests import PayoutRequest
from db import budgets
from db.buyers import buyer_of_case, person_of
from db.sessions import Sessions
from db.tables.buyers import Payee
from db.tables.money import Payout
from db.tables.office import Shop
from domain.fulfilment import Fulfilment, fulfilled_by
from domain.offers import OfferForm
from domain.payouts import PayoutStatus, money_key
from domain.people import Role
from domain.platforms import Platform
from domain.policies.compensation import CompensationPolicy
from domain.review_case.facts import PayoutOpened
from domain.review_case.state import ASK_BUYER

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
            policy, version = await self._policies.compensation(session, request.shop)
            live = await _live_payout(session, request)
            if live is not None:
                return _opened(live, policy, version)
            asked = await ask_gate(session, self._policies, request)
            missing = list(asked.missing)
            if await _of_somebody_else(session, request):
                missing.append("payee_is_the_buyer")
            if await amends_made(session, request.case, request.absorbed, request.offer):
                missing.append("no_other_amends")
            reserved = await budgets.reservation_of(session, request.case, request.offer, lock=True)
            if reserved is None or not reserved.live or reserved.amount_fen != request.amount_fen:
                missing = [*missing, "reservation"]
            if await _still_payable(session, request):
                missing = [*missing, "earlier_payout"]
            if missing:
                ours = asked.ours and missing == list(asked.missing)
                again_at = request.now + ASK_A_SHUT_GATE if ours else None
                return PayoutOpened(missing=missing, ours=ours, again_at=again_at)
            key = money_key(request.installation, request.shop_serial, request.case_serial, request.attempt)
            payout = Payout(
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
                give_roles=await self._givers(session, request, policy),
                made_at=request.now,
            )
            session.add(payout)
            return _opened(payout, policy, version)

    async def _givers(
        self, session: AsyncSession, request: PayoutRequest, policy: CompensationPolicy
    ) -> list[str] | None:
        """Who may give it by hand; None where a wallet or the marketplace's api gives it."""
        shop, form = await session.get_one(Shop, request.shop), OfferForm(request.form)
        platforms, _ = await self._policies.platforms(session, request.shop)
        way = fulfilled_by(form, coupon_api=platforms.rules(Platform(shop.platform)).coupon_api)
        return [str(role) for role in policy.given_by(form).roles] if way is Fulfilment.BY_HAND else None


def _opened(payout: Payout, policy: CompensationPolicy, version: str) -> PayoutOpened:
    return PayoutOpened(
        key=payout.key,
        amount_fen=payout.amount_fen,
        gate=payout.gate,
        gate_facts=payout.gate_facts,
        give_roles=[Role(role) for role in payout.give_roles or ()],
        second_person=policy.given_by(OfferForm(payout.form)).second_person,
        policy=version,
    )


async def _of_somebody_else(session: AsyncSession, request: PayoutRequest) -> bool:
    """Whether the account was entered for another person than the one who wrote the review, or applied."""
    if request.payee is None:
        return False
    payee = await session.get_one(Payee, UUID(request.payee))
    buyer = await buyer_of_case(session, request.case)
    if buyer is None:
        return True
    return payee.buyer != buyer and await person_of(session, payee.buyer) != await person_of(session, buyer)


async def _live_payout(session: AsyncSession, request: PayoutRequest) -> Payout | None:
    live = select(Payout).where(
        Payout.case == request.case, Payout.offer == request.offer, Payout.status.not_in([str(dead) for dead in DEAD])
    )
    return await session.scalar(live)


async def _still_payable(session: AsyncSession, request: PayoutRequest) -> bool:
    """Whether an earlier number of this offer could still be paid; two numbers for one decision are never alive."""
    earlier = select(Payout.key).where(
        Payout.case == request.case,
        Payout.offer == request.offer,
        Payout.status == PayoutStatus.FAILED,
        Payout.closed.is_(False),
        Payout.remedy.is_distinct_from(ASK_BUYER),
    )
    return await session.scalar(earlier.limit(1)) is not None
