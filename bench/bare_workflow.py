"""The bare engine to compare with: a workflow that takes a case's opening, runs activities that do nothing, waits.

Its activities carry as much as those of the case do: `carried` has the bytes that each takes and answers.
"""

import os
from datetime import datetime, timedelta

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    from domain.review_case.state import Opening, ReviewCaseState

QUEUE = "bare"
A_DAY = timedelta(days=1)
A_WHILE = timedelta(seconds=30)

type Carried = list[tuple[int, int]]


class Done:
    """Counts what was finished, for another process to read: one byte in a file for each."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    @activity.defn
    async def nothing(self, last: bool, taken: str, answers: int) -> str:
        if last:
            os.write(self._file, b".")
        return "x" * answers


async def run_all(carried: Carried, local: int = 0) -> None:
    """One after the other; the first `local` of them within a workflow task."""
    for number, (takes, answers) in enumerate(carried, 1):
        execute = workflow.execute_local_activity_method if number <= local else workflow.execute_activity_method
        args = [number == len(carried), "x" * takes, answers]
        await execute(Done.nothing, args=args, start_to_close_timeout=A_WHILE)


@workflow.defn(name="Bare")
class Bare:
    """As many activities one after the other as a case has when it is opened; then a timer, as a waiting case has."""

    @workflow.run
    async def run(self, opening: Opening, carried: Carried, local: int) -> None:
        await run_all(carried, local)
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
    async def run(self, opening: Opening, moment: datetime, carried: Carried) -> None:
        await workflow.sleep(moment - workflow.now())
        await run_all(carried)
        await workflow.sleep(A_DAY)


@workflow.defn(name="BareChild")
class BareChild:
    """As many activities one after the other as a payout and its case have; then it tells its parent."""

    @workflow.run
    async def run(self, parent: str, carried: Carried) -> None:
        await run_all(carried)
        await workflow.get_external_workflow_handle(parent).signal("settled", len(carried))


@workflow.defn(name="BareParent")
class BareParent:
    """Takes what a case is started with, starts a child that outlives it, hears of its end, and waits."""

    def __init__(self) -> None:
        self._settled = False

    @workflow.run
    async def run(self, opening: Opening, state: ReviewCaseState, carried: Carried) -> None:
        me = workflow.info().workflow_id
        await workflow.start_child_workflow(
            BareChild.run,
            args=[me, carried],
            id=f"{me}:payout",
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
        )
        await workflow.wait_condition(lambda: self._settled)
        await workflow.sleep(A_DAY)

    @workflow.signal
    def settled(self, activities: int) -> None:
        self._settled = True
