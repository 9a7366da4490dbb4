"""What a refund case does about its courier claims by itself: begin each one's story, and tell it what people say."""

import asyncio

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import FailureError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from domain.courier_claims import claim_id
    from domain.refund_case import claiming
    from domain.refund_case.agenda import Due
    from domain.refund_case.claims import CourierClaim as Claim
    from domain.refund_case.state import RefundCaseState
    from workflows import priorities
    from workflows.courier_claim import ClaimOrder, CourierClaim


class ClaimActions:
    """Acts on one case. `lock` is held only while the state changes."""

    def __init__(self, case: RefundCaseState, lock: asyncio.Lock) -> None:
        self._case = case
        self._lock = lock

    async def act(self, due: Due) -> None:
        number = int(due.subject)
        claim = self._case.claims[number - 1]
        await (self._tell(claim) if claim.started else self._start(claim))
        async with self._lock:
            claiming.acted(self._case, number)

    async def _start(self, claim: Claim) -> None:
        opening = self._case.opening
        try:
            await workflow.start_child_workflow(
                CourierClaim.run,
                ClaimOrder(key=claim.key, case=opening.case, shop=opening.shop),
                id=claim_id(claim.key),
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                priority=priorities.CASES,
            )
        except WorkflowAlreadyStartedError:
            # The key is permanent and so is its workflow: it is under way, or its row says how it ended.
            workflow.logger.info("the claim was started before")

    async def _tell(self, claim: Claim) -> None:
        try:
            await workflow.get_external_workflow_handle(claim_id(claim.key)).signal(CourierClaim.word, claim.words[0])
        except FailureError:
            workflow.logger.warning("the claim's own story is over; its row tells how")
