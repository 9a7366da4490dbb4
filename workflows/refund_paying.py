"""What a refund case does by itself about amends in place of a refund: means go back, or to the buyer."""

import asyncio
from collections.abc import Awaitable, Callable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.offers import OfferActivities
    from activities.payout_gate import PayoutGate
    from activities.requests import PayoutRequest, ReleaseRequest
    from domain.fulfilment import needs_payee
    from domain.gate import GateMode
    from domain.refund_case import amends, paying
    from domain.refund_case.agenda import Action, Due
    from domain.refund_case.state import RefundCaseState
    from domain.review_case.state import Offer, OfferStatus
    from workflows import limits
    from workflows.case_payouts import start_payout
    from workflows.payout import PayoutOrder


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
            await start_payout(PayoutOrder(key=found.key, case=request.case, shop=request.shop, form=offer.form))

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
