"""The bare engine to compare with: a workflow that takes a case's opening, runs activities that do nothing, waits."""

import os
from datetime import datetime, timedelta

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    from domain.review_case.state import Opening, ReviewCaseState

QUEUE = "bare"
A_DAY = timedelta(days=1)


class Done:
    """Counts what was finished, for another process to read: one byte in a file for each."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    @activity.defn
    async def nothing(self, last: bool) -> None:
        if last:
            os.write(self._file, b".")


@workflow.defn(name="Bare")
class Bare:
    """As many activities one after the other as a case has when it is opened; then a timer, as a waiting case has. The
    first `local` of them run within a workflow task."""

    @workflow.run
    async def run(self, opening: Opening, activities: int, local: int) -> None:
        for number in range(1, activities + 1):
            execute = workflow.execute_local_activity_method if number <= local else workflow.execute_activity_method
            await execute(Done.nothing, number == activities, start_to_close_timeout=timedelta(seconds=30))
        await workflow.sleep(A_DAY)

    @workflow.update
    async def echo(self, sent: str, size: int) -> str:
        """Answers with as many characters as a case's answer has."""
        return "x" * size


@workflow.defn(name="BareTimer")
class BareTimer:
    """A timer until a moment, then as many activities one after the other as a case has whose contact falls due; then
    another timer."""

    @workflow.run
    async def run(self, opening: Opening, moment: datetime, activities: int) -> None:
        await workflow.sleep(moment - workflow.now())
        for number in range(1, activities + 1):
            await workflow.execute_activity_method(
                Done.nothing, number == activities, start_to_close_timeout=timedelta(seconds=30)
            )
        await workflow.sleep(A_DAY)


@workflow.defn(name="BareChild")
class BareChild:
    """As many activities one after the other as a payout and its case have; then it tells its parent."""

    @workflow.run
    async def run(self, parent: str, activities: int) -> None:
        for number in range(1, activities + 1):
            await workflow.execute_activity_method(
                Done.nothing, number == activities, start_to_close_timeout=timedelta(seconds=30)
            )
        await workflow.get_external_workflow_handle(parent).signal("settled", activities)


@workflow.defn(name="BareParent")
class BareParent:
    """Takes what a case is started with, starts a child that outlives it, hears of its end, and waits."""

    def __init__(self) -> None:
        self._settled = False

    @workflow.run
    async def run(self, opening: Opening, state: ReviewCaseState, activities: int) -> None:
        me = workflow.info().workflow_id
        await workflow.start_child_workflow(
            BareChild.run,
            args=[me, activities],
            id=f"{me}:payout",
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
        )
        await workflow.wait_condition(lambda: self._settled)
        await workflow.sleep(A_DAY)

    @workflow.signal
    def settled(self, activities: int) -> None:
        self._settled = True
