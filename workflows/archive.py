"""The closer: what the engine recorded of closed cases is archived beside them."""

from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.archive import ArchiveActivities, Archived, ArchiveRequest, ForgetRequest
    from workflows import priorities

ROUNDS_A_RUN = 100

_ROUND: dict[str, Any] = {
    "start_to_close_timeout": timedelta(minutes=5),
    "heartbeat_timeout": timedelta(minutes=1),
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)),
    "priority": priorities.INTAKE,
}


class ArchiveOrder(BaseModel):
    """All fields are what continue-as-new carries."""

    after: str = ""
    histories: int = 0
    gone: int = 0


@workflow.defn(name="Archive")
class Archive:
    """A schedule starts it. It goes through the closed cases without an archive, round by round, until none is left;
    those still on their way to their end wait for the next time. Then yesterday's routine runs are forgotten.
    """

    @workflow.run
    async def run(self, order: ArchiveOrder) -> ArchiveOrder:
        for_this_run = ROUNDS_A_RUN
        while True:
            request = ArchiveRequest(now=workflow.now(), after=order.after)
            archived: Archived = await workflow.execute_activity_method(ArchiveActivities.archive, request, **_ROUND)
            order = ArchiveOrder(
                after=archived.last or "",
                histories=order.histories + archived.histories,
                gone=order.gone + archived.gone,
            )
            if archived.last is None:
                break
            for_this_run -= 1
            if for_this_run == 0:
                workflow.continue_as_new(order)
        forgetting = ForgetRequest(now=workflow.now())
        await workflow.execute_activity_method(ArchiveActivities.forget_routine, forgetting, **_ROUND)
        return order
