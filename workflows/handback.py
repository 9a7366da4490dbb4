"""Somebody is away or has left: their open cases go on to others, the oldest first."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from activities.assignment import AssignmentActivities
    from activities.handback import HandbackActivities
    from activities.requests import AwayRequest, Handed, HandOnRequest
    from workflows import limits

AGENT_AWAY = "agent_away"


@workflow.defn(name="Handback")
class Handback:
    """Page by page: who takes each case is decided under the shop's lock in the order of age, so that of too few hands
    the oldest cases get them; then each case is told, and takes what was decided. It ends when nothing is left, or the
    person is back."""

    @workflow.run
    async def run(self, person: str, shop: str | None) -> int:
        handed = 0
        while page := await self._page(person, shop):
            decided = HandOnRequest(person=person, cases=page, now=workflow.now())
            await workflow.execute_activity_method(AssignmentActivities.hand_on, decided, **limits.RECORD)
            await asyncio.gather(*(self._tell(case, person) for case in page))
            handed += len(page)
        return handed

    async def _page(self, person: str, shop: str | None) -> list[Handed]:
        asked = AwayRequest(person=person, shop=shop, now=workflow.now())
        return await workflow.execute_activity_method(HandbackActivities.open_work, asked, **limits.RECORD)

    async def _tell(self, case: Handed, person: str) -> None:
        try:
            await workflow.get_external_workflow_handle(case.workflow).signal(AGENT_AWAY, person)
        except FailureError:
            # It closed between the look and the word; its assignment was released with it.
            workflow.logger.info("a case of an absent agent has closed")
