"""What an alternative to a refund would cost: checked, approved by whom, and set aside."""

from datetime import timedelta
from uuid import UUID

from temporalio import activity

from activities.approvals import humans_of, who_could_approve
from activities.payout_money import amends_made
from activities.policies import Policies
from activities.refund_requests import AmendsRequest
from activities.refusals import refusing
from db import budgets
from db.sessions import Sessions
from domain.approvals import check_can_be_approved, needed_approval
from domain.fulfilment import Fulfilment, fulfilled_by
from domain.offers import FormNotOffered, OfferMade, check_payable
from domain.platforms import Platform
from domain.refund_case.facts import RefundPrepared


class RefundAmendsActivities:
    def __init__(self, sessions: Sessions, policies: Policies) -> None:
        self._sessions = sessions
        self._policies = policies

    @activity.defn
    async def reserve_alternative(self, request: AmendsRequest) -> RefundPrepared:
        """Set its means aside; repeating it sets nothing aside twice. Raises the OfferRefused, BudgetExhausted or
        NobodyApproves that applies (non-retryable)."""
        step, form = request.step, request.form
        with refusing():
            async with self._sessions.begin() as session:
                policy, version = await self._policies.compensation(session, step.shop)
                platforms, _ = await self._policies.platforms(session, step.shop)
                api = platforms.rules(Platform(request.platform)).coupon_api
                if fulfilled_by(form, coupon_api=api) is Fulfilment.BY_HAND:
                    raise FormNotOffered(f"{form} is given by hand here; propose it without a form.", form=str(form))
                check_payable(request.amount_fen, form, policy)
                if await amends_made(session, step.case, [], request.number):
                    raise OfferMade("Amends were made in this case already; nothing is given twice.")
                claim = budgets.Claim(
                    case=step.case, offer=request.number, shop=step.shop, review=UUID(request.refund_row), form=form,
                    amount_fen=request.amount_fen, maker=step.actor.person, at=step.now,
                )  # fmt: skip
                month = await budgets.reserve(session, claim, policy, version)
                need = needed_approval(form, request.amount_fen, step.actor.roles, policy)
                if need is not None:
                    able = await who_could_approve(session, step.shop, need.by)
                    check_can_be_approved(need, able, *await humans_of(session, [step.actor.person]))
                return RefundPrepared(
                    policy=version,
                    need_roles=list(need.by) if need else [],
                    need_both=bool(need and need.both),
                    valid_until=step.now + timedelta(hours=policy.approvals.offer_hours),
                    approval_until=step.now + timedelta(hours=policy.approvals.approval_hours),
                    month=month,
                )
