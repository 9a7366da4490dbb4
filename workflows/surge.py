"""A surge of one shop: it begins, it may be ended early, it is over, and what is planned already follows it."""

import asyncio
import contextlib
from datetime import datetime, timedelta

from pydantic import BaseModel
from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from activities.requests import Surged, SurgedRequest, SurgeRequest, SurgeStage
    from activities.surging import SurgeActivities
    from workflows import limits

SURGE_CHANGED = "surge_changed"
# The api starts it just before it commits the surge's row.
COMMITTED_WITHIN = timedelta(seconds=5)
# Ours: a plan that is being made while a surge begins or ends may not know of it yet; a minute later it is written.
AGAIN_AFTER = timedelta(minutes=1)
# Ours: a page of cases, then the engine's next second is for others.
PAGE_EVERY = timedelta(seconds=1)


class Telling(BaseModel):
    """How far the cases have been told. `again`: they will be gone through once more."""

    surging: bool
    after: str = ""
    again: bool = True


class SurgeOrder(BaseModel):
    """`begun`: the cases were told that it began."""

    surge: str
    begun: bool = False
    telling: Telling | None = None


@workflow.defn(name="Surge")
class Surge:
    """Waits until the surge begins, tells every case whose planned contact it concerns, page by page, waits until it is
    over, and tells again. The cases plan anew by themselves; nothing is looked for inside a workflow."""

    @workflow.init
    def __init__(self, order: SurgeOrder) -> None:
        self._order = order
        self._changed = False

    @workflow.run
    async def run(self, order: SurgeOrder) -> None:
        if order.telling is None:
            await workflow.sleep(COMMITTED_WITHIN)
        while True:
            if self._order.telling is not None:
                await self._tell(self._order.telling)
            self._changed = False
            stage = await self._stage()
            if stage.over and not self._order.begun:
                return
            if stage.over or (stage.on and not self._order.begun):
                self._order = SurgeOrder(surge=order.surge, begun=stage.on, telling=Telling(surging=stage.on))
            else:
                await self._wait(stage.next_at)

    @workflow.signal
    def changed(self) -> None:
        """Somebody ended it."""
        self._changed = True

    async def _stage(self) -> SurgeStage:
        asked = SurgeRequest(surge=self._order.surge, now=workflow.now())
        return await workflow.execute_activity_method(SurgeActivities.surge_stage, asked, **limits.RECORD)

    async def _wait(self, until: datetime | None) -> None:
        timeout = until - workflow.now() if until else None
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(lambda: self._changed, timeout=timeout)

    async def _tell(self, telling: Telling) -> None:
        """Where the history has grown long, it goes on behind the same page in the next run."""
        while page := await self._page(telling):
            await asyncio.gather(*(self._tell_one(case, telling.surging) for case in page))
            telling = telling.model_copy(update={"after": page[-1].case})
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(self._order.model_copy(update={"telling": telling}))
            await workflow.sleep(PAGE_EVERY)
        again = Telling(surging=telling.surging, again=False) if telling.again else None
        self._order = self._order.model_copy(update={"telling": again})
        if again is not None:
            await workflow.sleep(AGAIN_AFTER)

    async def _page(self, telling: Telling) -> list[Surged]:
        asked = SurgedRequest(surge=self._order.surge, surging=telling.surging, after=telling.after, now=workflow.now())
        return await workflow.execute_activity_method(SurgeActivities.surged, asked, **limits.RECORD)

    async def _tell_one(self, case: Surged, surging: bool) -> None:
        try:
            await workflow.get_external_workflow_handle(case.workflow).signal(SURGE_CHANGED, surging)
        except FailureError:
            workflow.logger.info("a case of a shop in a surge has closed")
