"""Offers: the range, the budgets under their locks, and giving back what an offer had set aside."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.approvals import humans_of, who_could_approve
from activities.payout_money import amends_made
from activities.policies import Policies
from activities.refusals import refusing
from activities.requests import OfferRequest, ReleaseRequest, ThanksRequest
from db import budgets
from db.refunds import paid_back_for
from db.sessions import Sessions
from db.tables.money import Payout
from domain.approvals import ApprovalNeed, check_can_be_approved, needed_approval
from domain.offers import OfferMade, check_offer, left_of_order, offer_range, thanks_worth
from domain.payouts import PayoutStatus
from domain.people import Role
from domain.platforms import Grade
from domain.policies.compensation import CompensationPolicy
from domain.review_case.facts import Prepared, StepRequest
from domain.review_case.refusals import OrderUnknown


class OfferActivities:
    def __init__(self, sessions: Sessions, policies: Policies) -> None:
        self._sessions = sessions
        self._policies = policies

    @activity.defn
    async def reserve(self, request: OfferRequest) -> Prepared:
        """Check an offer against range, order and budget, and set its money aside. Repeating it sets nothing aside
        twice. Raises the OfferRefused that applies (non-retryable)."""
        with refusing():
            async with self._sessions.begin() as session:
                policy, version = await self._policies.compensation(session, request.step.shop)
                made = request.settled_before or await amends_made(
                    session, request.step.case, request.absorbed, request.number
                )
                back = max(request.paid_back_fen, await paid_back_for(session, UUID(request.review_row)))
                bounds = _bounds(request, policy, back, already_settled=made)
                month = await budgets.reserve(session, _claim(request), policy, version)
                need = await self._approval(session, request, policy)
                now = request.step.now
                return Prepared(
                    policy=version,
                    need_roles=list(need.by) if need else [],
                    need_both=bool(need and need.both),
                    valid_until=now + timedelta(hours=policy.approvals.offer_hours),
                    approval_until=now + timedelta(hours=policy.approvals.approval_hours),
                    range_fen=bounds,
                    month=month,
                    paid_back_fen=back or None,
                )

    async def _approval(
        self, session: AsyncSession, request: OfferRequest, policy: CompensationPolicy
    ) -> ApprovalNeed | None:
        actor = request.step.actor
        need = needed_approval(request.offer.form, request.offer.amount_fen, actor.roles, policy)
        if need is not None:
            able = await who_could_approve(session, request.step.shop, need.by)
            check_can_be_approved(need, able, *await humans_of(session, [actor.person]))
        return need

    @activity.defn
    async def reserve_thanks(self, request: ThanksRequest) -> Prepared:
        """What the policy gives as thanks, set aside in the budgets it draws on. The policy is the approval: a
        supervisor wrote down what it is worth. Raises ThanksNotGiven, OfferMade or BudgetExhausted (non-retryable)."""
        step, form = request.step, request.thanks.form
        with refusing():
            async with self._sessions.begin() as session:
                policy, version = await self._policies.compensation(session, step.shop)
                worth = thanks_worth(form, policy)
                if await amends_made(session, step.case, request.absorbed, request.number):
                    raise OfferMade("Amends were made for this review already; thanks come in words.")
                claim = budgets.Claim(
                    case=step.case, offer=request.number, shop=step.shop, review=UUID(request.review_row), form=form,
                    amount_fen=worth, maker=step.actor.person, at=step.now,
                )  # fmt: skip
                month = await budgets.reserve(session, claim, policy, version)
                return Prepared(policy=version, amount_fen=worth, month=month)

    @activity.defn
    async def validity(self, request: StepRequest) -> Prepared:
        """How long the buyer may take to answer an offer that is approved now."""
        async with self._sessions.begin() as session:
            policy, version = await self._policies.compensation(session, request.shop)
            until = request.now + timedelta(hours=policy.approvals.offer_hours)
            return Prepared(policy=version, valid_until=until)

    @activity.defn
    async def release(self, request: ReleaseRequest) -> None:
        """Give money that was set aside back to the month it came from. What a payout may still use stays; a number
        that the gate gave and the case never began is withdrawn."""
        async with self._sessions.begin() as session:
            offers = await budgets.reserved_offers(session, request.case) if request.offer is None else [request.offer]
            for offer in offers:
                await _withdraw(session, request, offer)
                if not await _in_use(session, request.case, offer):
                    await budgets.release(session, request.case, offer, request.now)


def _claim(request: OfferRequest) -> budgets.Claim:
    step = request.step
    return budgets.Claim(
        case=step.case, offer=request.number, shop=step.shop, review=UUID(request.review_row), form=request.offer.form,
        amount_fen=request.offer.amount_fen, maker=step.actor.person, at=step.now,
    )  # fmt: skip


def _bounds(
    request: OfferRequest, policy: CompensationPolicy, paid_back_fen: int, *, already_settled: bool
) -> tuple[int, int]:
    offer = request.offer
    paid = request.order_paid_fen
    if paid is None:
        raise OrderUnknown("What the buyer paid is not known; enter the case with its order amount, then offer.")
    paid = left_of_order(paid, paid_back_fen, policy)
    bounds = offer_range(Grade(request.grade), request.cause or "", request.severity, paid, policy, offer.form)
    supervisor = Role.SUPERVISOR in request.step.actor.roles
    check_offer(
        offer.amount_fen,
        offer.form,
        bounds,
        paid,
        policy,
        already_settled=already_settled,
        freeze_lifted=request.suspicion_decided,
        supervisor_decided=supervisor,
    )
    return bounds.min_fen, bounds.max_fen


async def _withdraw(session: AsyncSession, request: ReleaseRequest, offer: int) -> None:
    """Its case had ended, or was frozen, by the time the gate had answered; nothing was ever sent under it."""
    if request.begun is None:
        return
    unbegun = update(Payout).where(
        Payout.case == request.case, Payout.offer == offer, Payout.status == PayoutStatus.APPROVED,
        Payout.key.not_in(request.begun),
    )  # fmt: skip
    await session.execute(unbegun.values(status=PayoutStatus.CANCELLED, settled_at=request.now))


async def _in_use(session: AsyncSession, case: str, offer: int) -> bool:
    """Whether a payout of this offer may still move money. What is given by hand may, after a proof was refused."""
    live = select(Payout.key).where(
        Payout.case == case,
        Payout.offer == offer,
        Payout.status.not_in(["failed", "cancelled", "paid"]) | Payout.give_roles.is_not(None),
        Payout.status.not_in(["cancelled", "paid"]),
    )
    return await session.scalar(live.limit(1)) is not None
