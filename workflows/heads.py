"""Signs the record's head of the day; a schedule asks every hour, so a house that was off at midnight misses none."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.heads import HeadActivities, HeadMade, HeadRequest
    from workflows import priorities


@workflow.defn(name="Heads")
class Heads:
    """One look: today's head is made where there is none yet."""

    @workflow.run
    async def run(self) -> HeadMade:
        return await workflow.execute_activity_method(
            HeadActivities.seal_record,
            HeadRequest(now=workflow.now()),
            start_to_close_timeout=timedelta(minutes=5),
            retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)),
            priority=priorities.INTAKE,
        )
