"""Tells the staff what can't wait, and sends what is due to their channels; a schedule starts it every few seconds."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.notice_planning import NoticePlanningActivities, NoticesRequest
    from activities.notice_sending import NoticeSendingActivities
    from workflows import limits, priorities


@workflow.defn(name="Notices")
class Notices:
    """One look: new notices find their channels, then what is due leaves. How many were taken."""

    @workflow.run
    async def run(self) -> int:
        request = NoticesRequest(now=workflow.now())
        await workflow.execute_activity_method(NoticePlanningActivities.plan_notices, request, **limits.RECORD)
        # One attempt: a moment later the next run looks with a clock of its own.
        return await workflow.execute_activity_method(
            NoticeSendingActivities.send_notices,
            NoticesRequest(now=workflow.now()),
            start_to_close_timeout=timedelta(minutes=2),
            heartbeat_timeout=limits.PULSE,
            retry_policy=RetryPolicy(maximum_attempts=1),
            priority=priorities.CASES,
        )
