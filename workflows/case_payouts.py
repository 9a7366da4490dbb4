"""What a case of either kind has to do with the workflow of its payout, and with those who approve its offer."""

import asyncio
from typing import Any

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import FailureError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from activities.approvals import ApprovalActivities, ApprovalClock
    from activities.payouts import PayoutWord
    from domain.escalation import EscalationKind
    from domain.people import Actor
    from domain.refund_case.state import RefundCaseState
    from domain.review_case import approving
    from domain.review_case.keys import payout_id
    from domain.review_case.payout_steps import DecidePayout, MendPayout
    from domain.review_case.state import ReviewCaseState
    from domain.step import Step
    from workflows import limits, priorities
    from workflows.payout import Payout, PayoutOrder


async def start_payout(order: PayoutOrder) -> None:
    """Under its permanent key, so that a second start changes nothing."""
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


async def tell_decision(actor: Actor, step: Step) -> None:
    """What a person decided about a payout; nothing for any other step."""
    if isinstance(step, MendPayout):
        await tell(step.payout, Payout.decide, str(step.action))
    elif isinstance(step, DecidePayout):
        word = PayoutWord(paid=step.paid, by=actor.person, why=step.why.id, reference=step.reference)
        await tell(step.payout, Payout.word, word)


async def tell(key: str, signal: Any, what: Any) -> None:
    handle = workflow.get_external_workflow_handle(payout_id(key))
    try:
        await handle.signal(signal, what)
    except FailureError:
        workflow.logger.warning("the payout's workflow is gone; its row tells how it ended")


async def ask_approvers(case: ReviewCaseState | RefundCaseState, lock: asyncio.Lock) -> None:
    """An offer that waits for approval climbs among those who are at work."""
    offer, clock = approving.waiting(case), case.clocks[EscalationKind.APPROVAL_WAITING]
    assert offer is not None  # noqa: S101 - its clock stops with the waiting
    request = ApprovalClock(
        case=case.opening.case, shop=case.opening.shop, since=clock.since, severity=case.severity,
        missing=approving.missing_roles(offer), told=clock.told,
        barred=[offer.maker, *(given.person for given in offer.approvals)], now=workflow.now(),
        pauses=clock.pauses,
    )  # fmt: skip
    found = await workflow.execute_activity_method(ApprovalActivities.ask_approvers, request, **limits.RECORD)
    async with lock:
        approving.asked(case, found, workflow.now())
