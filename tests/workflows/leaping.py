"""The engine whose clock leaps, and what has to be known about its timers.

It refuses an answer that cancels a timer which fired while the task was with the worker, and then forgets the task: the
run never moves again. The real engine takes such an answer. Here a story's whole month lies in a few seconds of its
days, so a child's word and the case's own timer do meet in one millisecond (a claim's lateness met the case's clock in
one run of eight on a busy machine).
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.converter import DataConverter
from temporalio.plugin import SimplePlugin
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner

from workflows import search
from workflows.runner import ContextFreeInstance, ContextFreeRunner

# Longer than a task stays with a worker, and far shorter than anything that a story waits for.
ABOUT_TO_FIRE = timedelta(seconds=5)


@asynccontextmanager
async def leaping_engine(
    data_converter: DataConverter, *, as_written: bool = False
) -> AsyncIterator[WorkflowEnvironment]:
    """`as_written` sends every cancel, for histories that are kept: they must replay without what is here."""
    # Beside this Python, so that it is found without the environment being activated.
    server = Path(sys.executable).parent / "temporal-test-server"
    lenient = SimplePlugin("leaping", workflow_runner=_leaving_what_fires)
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(server),
        data_converter=data_converter,
        plugins=[] if as_written else [lenient],
    ) as environment:
        await register_search_attributes(environment.client)
        yield environment


async def register_search_attributes(client: Client) -> None:
    kinds = {key.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD for key in search.ALL}
    kinds[search.DUE.name] = IndexedValueType.INDEXED_VALUE_TYPE_DATETIME
    request = AddSearchAttributesRequest(namespace="default", search_attributes=kinds)
    await client.operator_service.add_search_attributes(request)


def _leaving_what_fires(inner: WorkflowRunner | None) -> WorkflowRunner:
    assert inner is not None
    return LeavingWhatFires(inner)


class LeavingWhatFires(ContextFreeRunner):
    """Runs stories as `inner` does, but lets a timer fire that would be cancelled just before: nobody hears it."""

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _LeavingWhatFires(super().create_instance(det))


class _LeavingWhatFires(ContextFreeInstance):
    def __init__(self, inner: WorkflowInstance) -> None:
        super().__init__(inner)
        self._fires_at: dict[int, datetime] = {}

    def activate(self, act: Any) -> Any:
        """By the task's own time alone: a replay within the same worker decides alike."""
        now = act.timestamp.ToDatetime(UTC)
        answer = super().activate(act)
        commands = answer.successful.commands
        leave = [
            command for command in commands
            if command.HasField("cancel_timer") and self._about_to_fire(command.cancel_timer.seq, now)
        ]  # fmt: skip
        for command in leave:
            commands.remove(command)
        for command in commands:
            if command.HasField("start_timer"):
                timer = command.start_timer
                self._fires_at[timer.seq] = now + timer.start_to_fire_timeout.ToTimedelta()
        return answer

    def _about_to_fire(self, seq: int, now: datetime) -> bool:
        """Of timers that were started in an earlier task; one of this task's own is not with the engine yet."""
        fires_at = self._fires_at.get(seq)
        return fires_at is not None and fires_at <= now + ABOUT_TO_FIRE
