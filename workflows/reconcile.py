"""Reads a wallet's statement of yesterday; a schedule asks every hour, since wallets have it at no fixed time."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.reconciling import Reconciled, ReconcileRequest, ReconcilingActivities
    from domain.fulfilment import WalletName
    from workflows import limits, priorities


@workflow.defn(name="Reconcile")
class Reconcile:
    """One look: yesterday's statement is compared where that has not been done yet."""

    @workflow.run
    async def run(self, wallet: WalletName) -> Reconciled:
        return await workflow.execute_activity_method(
            ReconcilingActivities.reconcile,
            ReconcileRequest(wallet=wallet, now=workflow.now()),
            task_queue=limits.MONEY_QUEUE,
            start_to_close_timeout=timedelta(minutes=5),
            # The next hour asks anew.
            schedule_to_close_timeout=timedelta(minutes=50),
            retry_policy=RetryPolicy(initial_interval=timedelta(seconds=5), maximum_interval=timedelta(minutes=5)),
            priority=priorities.INTAKE,
        )
