"""The way in of one shop's applications: the list by its last change, and pushes, become cases."""

import asyncio

from pydantic import BaseModel
from temporalio import workflow
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    FailureError,
    WorkflowAlreadyStartedError,
    is_cancelled_exception,
)

with workflow.unsafe.imports_passed_through():
    from activities.refund_batches import FetchRefunds, RefundBatch, RefundItem, RefundPosition, SettleRefunds
    from activities.refund_intake import RefundIntakeActivities
    from workflows import refund_starting
    from workflows.intake import AT_ONCE, FETCH, SETTLE


class RefundIntakeReport(BaseModel):
    """What a run came to, for whoever looks it up in the engine. `trouble` says why it ended early, in the words of the
    failure; the next run of the schedule tries again."""

    started: int = 0
    known: int = 0
    told: int = 0
    rows: int = 0
    skipped: int = 0
    batches: int = 0
    trouble: str | None = None


class RefundIntakeOrder(BaseModel):
    """One run over one shop; all but the shop is what continue-as-new carries."""

    shop: str
    position: RefundPosition | None = None
    report: RefundIntakeReport = RefundIntakeReport()


@workflow.defn(name="RefundIntake")
class RefundIntake:
    """A schedule starts it per shop. It fetches what changed, starts or tells the cases, settles, and continues as new
    while there is more. Nothing that a marketplace sends makes it fail.
    """

    @workflow.init
    def __init__(self, order: RefundIntakeOrder) -> None:
        self._order = order
        self._report = order.report.model_copy()
        self._slots = asyncio.Semaphore(AT_ONCE)

    @workflow.run
    async def run(self, order: RefundIntakeOrder) -> RefundIntakeReport:
        try:
            batch = await self._one_batch()
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            cause = error.cause
            named = f"{cause.type}: {cause.message}" if isinstance(cause, ApplicationError) else repr(cause)
            self._report.trouble = named
            workflow.logger.warning("intake of refunds of %s: %s", order.shop, named)
            return self._report
        if batch.position is not None:
            following = RefundIntakeOrder(shop=order.shop, position=batch.position, report=self._report)
            workflow.continue_as_new(following)
        return self._report

    async def _one_batch(self) -> RefundBatch:
        shop = self._order.shop
        request = FetchRefunds(shop=shop, now=workflow.now(), position=self._order.position)
        batch: RefundBatch = await workflow.execute_activity_method(
            RefundIntakeActivities.fetch_refunds, request, **FETCH
        )
        await asyncio.gather(*(self._act(item) for item in batch.items))
        settle = SettleRefunds(shop=shop, now=workflow.now(), acted=batch.acted, read_until=batch.read_until)
        await workflow.execute_activity_method(RefundIntakeActivities.settle_refunds, settle, **SETTLE)
        self._report.batches += 1
        self._report.rows += batch.rows
        self._report.skipped += batch.skipped
        return batch

    async def _act(self, item: RefundItem) -> None:
        async with self._slots:
            if item.opening is None:
                await self._tell(item.workflow)
                return
            options = refund_starting.refund_start_options(item.opening, workflow.info().task_queue)
            try:
                await workflow.start_child_workflow(
                    refund_starting.REFUND_CASE,
                    item.opening,
                    parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                    **options,
                )
            except WorkflowAlreadyStartedError:
                self._report.known += 1
                return
            self._report.started += 1

    async def _tell(self, case: str) -> None:
        """A case that has closed meanwhile needs no telling."""
        try:
            await workflow.get_external_workflow_handle(case).signal(refund_starting.REFUND_CHANGED)
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            workflow.logger.info("case %s is not running any more", case)
            return
        self._report.told += 1
