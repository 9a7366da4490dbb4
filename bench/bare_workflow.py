"""The bare engine to compare with: a workflow that takes a case's opening, runs activities that do nothing, waits."""

import os
from datetime import datetime, timedelta

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    from domain.review_case.state import Opening

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
    """As many activities one after the other as a case has when it is opened; then a timer, as a waiting case has."""

    @workflow.run
    async def run(self, opening: Opening, activities: int) -> None:
        for number in range(1, activities + 1):
            await workflow.execute_activity_method(
                Done.nothing, number == activities, start_to_close_timeout=timedelta(seconds=30)
            )
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
