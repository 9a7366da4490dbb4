"""An offer that waits for approval: whose turn it is to be asked, among those who are at work."""

import asyncio

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.approvals import ApprovalActivities, ApprovalClock
    from domain.escalation import EscalationKind
    from domain.review_case import approving
    from domain.review_case.state import ReviewCaseState
    from workflows import limits

APPROVERS = "approvers-at-work"


async def ask_approvers(case: ReviewCaseState, lock: asyncio.Lock) -> None:
    offer, clock = approving.waiting(case), case.clocks[EscalationKind.APPROVAL_WAITING]
    assert offer is not None  # noqa: S101 - its clock stops with the waiting
    request = ApprovalClock(
        case=case.opening.case, shop=case.opening.shop, since=clock.since, severity=case.severity,
        missing=approving.missing_roles(offer), told=clock.told,
        barred=[offer.maker, *(given.person for given in offer.approvals)], now=workflow.now(),
    )  # fmt: skip
    found = await workflow.execute_activity_method(ApprovalActivities.ask_approvers, request, **limits.RECORD)
    async with lock:
        approving.asked(case, found, workflow.now())
