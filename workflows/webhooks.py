"""Tells other systems what they listen to; a schedule starts it every few seconds."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.webhook_sending import ListenerRequest, WebhookActivities, WebhooksRequest
    from workflows import limits, priorities


@workflow.defn(name="Webhooks")
class Webhooks:
    """One look: every listener for whom something is due is told, each for itself. How many deliveries came through."""

    @workflow.run
    async def run(self) -> int:
        request = WebhooksRequest(now=workflow.now())
        due = await workflow.execute_activity_method(WebhookActivities.who_is_due, request, **limits.RECORD)
        return sum(await asyncio.gather(*(self._tell(webhook) for webhook in due)))

    async def _tell(self, webhook: str) -> int:
        """One attempt: what it leaves is due again at the next look."""
        try:
            return await workflow.execute_activity_method(
                WebhookActivities.send_webhooks,
                ListenerRequest(now=workflow.now(), webhook=webhook),
                start_to_close_timeout=timedelta(seconds=90),
                schedule_to_close_timeout=timedelta(minutes=3),
                heartbeat_timeout=limits.PULSE,
                retry_policy=RetryPolicy(maximum_attempts=1),
                priority=priorities.CASES,
            )
        except ActivityError:
            workflow.logger.warning("a listener could not be told; it is tried at the next look")
            return 0
