"""Forgets, shop by shop, what retention no longer allows to be kept; a schedule starts it a few times a day."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.retention import RetentionActivities, RetentionDone, RetentionRequest
    from workflows import priorities

ROUNDS_A_RUN = 200


@workflow.defn(name="Retention")
class Retention:
    """Rounds until the last shop has nothing that is due; how many cases were forgotten."""

    @workflow.run
    async def run(self, after: str = "", cases: int = 0) -> int:
        rounds = 0
        done = await self._round(after)
        while done.shop is not None:
            cases, after = cases + done.cases, after if done.more else done.shop
            rounds += 1
            if rounds == ROUNDS_A_RUN:
                workflow.continue_as_new(args=[after, cases])
            done = await self._round(after)
        return cases

    async def _round(self, after: str) -> RetentionDone:
        return await workflow.execute_activity_method(
            RetentionActivities.forget_due,
            RetentionRequest(now=workflow.now(), after=after),
            start_to_close_timeout=timedelta(minutes=5),
            retry_policy=RetryPolicy(initial_interval=timedelta(seconds=5), maximum_interval=timedelta(minutes=5)),
            priority=priorities.INTAKE,
        )
