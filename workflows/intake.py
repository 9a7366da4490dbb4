"""The way in of one shop: pushes and the list of reviews become cases."""

import asyncio
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    FailureError,
    WorkflowAlreadyStartedError,
    is_cancelled_exception,
)

with workflow.unsafe.imports_passed_through():
    from activities.intake import IntakeActivities
    from activities.intake_batches import (
        Batch,
        Consumed,
        ConsumeRequest,
        FetchRequest,
        IntakeItem,
        ItemKind,
        Position,
        SettleRequest,
    )
    from workflows import limits, priorities, starting

AT_ONCE = 20

# A marketplace or database that stays ill ends the run after some tries; the schedule comes again.
_TRIES: dict[str, Any] = {
    "task_queue": limits.MARKETPLACE_QUEUE,
    "priority": priorities.INTAKE,
    "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=4),
    "schedule_to_close_timeout": timedelta(minutes=10),
}
CONSUME = _TRIES | {
    "retry_policy": RetryPolicy(maximum_attempts=2),
    "start_to_close_timeout": timedelta(seconds=60),
    "schedule_to_close_timeout": timedelta(minutes=1),
}
FETCH = _TRIES | {"start_to_close_timeout": timedelta(minutes=5), "heartbeat_timeout": timedelta(minutes=1)}
SETTLE = _TRIES | {"start_to_close_timeout": timedelta(seconds=60)}


class IntakeReport(BaseModel):
    """What a run came to, for whoever looks it up in the engine. `trouble` says why it ended early, in the words of the
    failure; the next run of the schedule tries again."""

    started: int = 0
    known: int = 0
    told: int = 0
    reopened: int = 0
    rows: int = 0
    skipped: int = 0
    pushes: int = 0
    batches: int = 0
    trouble: str | None = None


class IntakeOrder(BaseModel):
    """One run over one shop; all but the shop is what continue-as-new carries."""

    shop: str
    position: Position | None = None
    list_done: bool = False
    report: IntakeReport = IntakeReport()


@workflow.defn(name="Intake")
class Intake:
    """A schedule starts it per shop. It keeps the waiting pushes, fetches at most 200 items, starts or tells their
    cases, settles, and continues as new while there is more. Nothing that a marketplace sends makes it fail.
    """

    @workflow.init
    def __init__(self, order: IntakeOrder) -> None:
        self._order = order
        self._report = order.report.model_copy()
        self._slots = asyncio.Semaphore(AT_ONCE)

    @workflow.run
    async def run(self, order: IntakeOrder) -> IntakeReport:
        try:
            batch = await self._one_batch()
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self._in_trouble(error)
            return self._report
        if batch.more:
            following = IntakeOrder(
                shop=order.shop, position=batch.position, list_done=batch.position is None, report=self._report
            )
            workflow.continue_as_new(following)
        return self._report

    async def _one_batch(self) -> Batch:
        consumed = await self._consume()
        request = FetchRequest(
            shop=self._order.shop,
            now=workflow.now(),
            position=self._order.position,
            list_done=self._order.list_done,
        )
        batch: Batch = await workflow.execute_activity_method(IntakeActivities.fetch, request, **FETCH)
        await asyncio.gather(*(self._act(item) for item in batch.items))
        if consumed.again or not batch.quiet:
            await self._settle(batch, consumed)
        self._report.batches += 1
        self._report.rows += batch.rows
        self._report.skipped += batch.skipped
        return batch

    async def _settle(self, batch: Batch, consumed: Consumed) -> None:
        request = SettleRequest(
            shop=self._order.shop,
            now=workflow.now(),
            acted=batch.acted,
            again=consumed.again,
            seen=batch.seen,
            read_until=batch.read_until,
        )
        await workflow.execute_activity_method(IntakeActivities.settle, request, **SETTLE)

    async def _consume(self) -> Consumed:
        """Pushes only make reviews come sooner, so the list is read without them as well."""
        request = ConsumeRequest(shop=self._order.shop, now=workflow.now())
        try:
            consumed: Consumed = await workflow.execute_activity_method(
                IntakeActivities.consume_pushes, request, **CONSUME
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self._in_trouble(error)
            return Consumed()
        self._report.pushes += consumed.stored
        return consumed

    def _in_trouble(self, error: ActivityError) -> None:
        cause = error.cause
        if isinstance(cause, ApplicationError):
            self._report.trouble = f"{cause.type}: {cause.message}"
        else:
            self._report.trouble = f"{type(cause).__name__}: {cause}"
        workflow.logger.warning("intake of %s: %s", self._order.shop, self._report.trouble)

    async def _act(self, item: IntakeItem) -> None:
        async with self._slots:
            if item.kind is ItemKind.CHANGED_OPEN:
                await self._tell(item)
            else:
                await self._start(item)

    async def _start(self, item: IntakeItem) -> None:
        opening = item.opening
        if opening is None:
            return
        options = starting.start_options(opening, workflow.info().task_queue)
        try:
            await workflow.start_child_workflow(
                starting.REVIEW_CASE, opening, parent_close_policy=workflow.ParentClosePolicy.ABANDON, **options
            )
        except WorkflowAlreadyStartedError:
            self._report.known += 1
            return
        if item.kind is ItemKind.RELAPSED:
            self._report.reopened += 1
        else:
            self._report.started += 1

    async def _tell(self, item: IntakeItem) -> None:
        """A case that has closed meanwhile needs no telling: should its review be bad, the next run finds it so."""
        case = workflow.get_external_workflow_handle(item.workflow)
        try:
            await case.signal(starting.REVIEW_CHANGED)
        except FailureError as error:
            if is_cancelled_exception(error):
                raise
            workflow.logger.info("case %s is not running any more", item.workflow)
            return
        self._report.told += 1
