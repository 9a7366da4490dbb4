"""What a refund case does by itself about amends in place of a refund: means go back, or to the buyer; approvers are
asked; the payout's own workflow hears what people decide."""

import asyncio
from collections.abc import Awaitable, Callable

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import FailureError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from activities.approvals import ApprovalActivities, ApprovalClock
    from activities.offers import OfferActivities
    from activities.payout_gate import PayoutGate
    from activities.payouts import PayoutWord
    from activities.requests import PayoutRequest, ReleaseRequest
    from domain.escalation import EscalationKind
    from domain.fulfilment import needs_payee
    from domain.gate import GateMode
    from domain.people import Actor
    from domain.refund_case import amends, paying
    from domain.refund_case.agenda import Action, Due
    from domain.refund_case.state import RefundCaseState
    from domain.review_case import approving
    from domain.review_case.keys import payout_id
    from domain.review_case.payout_steps import DecidePayout, MendPayout
    from domain.review_case.state import Offer, OfferStatus
    from domain.step import Step
    from workflows import limits, priorities
    from workflows.payout import Payout, PayoutOrder


class RefundPaying:
    """Acts on one case. `lock` is held only while the state changes."""

    def __init__(self, case: RefundCaseState, lock: asyncio.Lock) -> None:
        self._case = case
        self._lock = lock
        self.doing: dict[Action, Callable[[Due], Awaitable[None]]] = {
            Action.RELEASE: self._release,
            Action.OFFER_LAPSES: self._lapse,
            Action.PAY: self._pay,
        }

    async def _release(self, due: Due) -> None:
        number = int(due.subject)
        request = ReleaseRequest(case=self._case.opening.case, offer=number, now=workflow.now())
        await workflow.execute_activity_method(OfferActivities.release, request, **limits.RECORD)
        async with self._lock:
            amends.released(self._case, number)

    async def _lapse(self, due: Due) -> None:
        async with self._lock:
            if (at := amends.lapses(self._case)) is not None and at <= workflow.now():
                amends.lapsed(self._case, workflow.now())

    async def _pay(self, due: Due) -> None:
        """The gate is asked, and the payout started under its permanent key."""
        offer = self._case.owed_offer
        if offer is None or not amends.ready_to_pay(self._case):
            return
        request = self._request(offer)
        found = await workflow.execute_activity_method(PayoutGate.open_payout, request, **limits.RECORD)
        async with self._lock:
            paying.opened(self._case, found, workflow.now())
        if found.key is not None:
            await self._start(PayoutOrder(key=found.key, case=request.case, shop=request.shop, form=offer.form))

    def _request(self, offer: Offer) -> PayoutRequest:
        """The application was withdrawn for it, so nothing of a review is asked: it repairs a problem that the buyer
        named and the desk recorded before anything was offered."""
        case, identity = self._case, self._case.identity
        assert identity is not None  # noqa: S101 - a case without it was offered nothing
        return PayoutRequest(
            case=case.opening.case, shop=case.opening.shop, case_serial=identity.case_serial,
            shop_serial=identity.shop_serial, installation=identity.installation, offer=offer.number,
            amount_fen=offer.amount_fen, form=offer.form, attempt=len(case.payouts) + 1,
            payee=case.payee.id if case.payee is not None and needs_payee(offer.form) else None,
            accepted=offer.status is OfferStatus.ACCEPTED, approved=offer.approved,
            within_policy=offer.policy is not None, cause_confirmed=case.talk.accepted is not None,
            amendment_verified=False, malicious_block=case.abuse is not None, promised=GateMode.ON_RESOLUTION,
            cause=case.cause or case.suggested_cause, approved_by=[given.person for given in offer.approvals],
            now=workflow.now(),
        )  # fmt: skip

    async def _start(self, order: PayoutOrder) -> None:
        try:
            await workflow.start_child_workflow(
                Payout.run,
                order,
                id=payout_id(order.key),
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                priority=priorities.URGENT,
            )
        except WorkflowAlreadyStartedError:
            # The key is permanent and so is its workflow: it is under way, or its row says how it ended.
            workflow.logger.info("payout was started before")

    async def ask_approvers(self) -> None:
        """An offer that waits for approval climbs among those who are at work."""
        case = self._case
        offer, clock = approving.waiting(case), case.clocks[EscalationKind.APPROVAL_WAITING]
        assert offer is not None  # noqa: S101 - its clock stops with the waiting
        request = ApprovalClock(
            case=case.opening.case, shop=case.opening.shop, since=clock.since, severity=case.severity,
            missing=approving.missing_roles(offer), told=clock.told,
            barred=[offer.maker, *(given.person for given in offer.approvals)], now=workflow.now(),
        )  # fmt: skip
        found = await workflow.execute_activity_method(ApprovalActivities.ask_approvers, request, **limits.RECORD)
        async with self._lock:
            approving.asked(case, found, workflow.now())

    async def tell_payout(self, actor: Actor, step: Step) -> None:
        """What a person decided about a payout."""
        if isinstance(step, MendPayout):
            await self._signal(step.payout, Payout.decide, str(step.action))
        elif isinstance(step, DecidePayout):
            word = PayoutWord(paid=step.paid, by=actor.person, why=step.why.id, reference=step.reference)
            await self._signal(step.payout, Payout.word, word)

    async def _signal(self, key: str, signal: Callable[..., object], told: object) -> None:
        try:
            await workflow.get_external_workflow_handle(payout_id(key)).signal(signal.__name__, told)
        except FailureError:
            workflow.logger.info("payout %s is over", key)
