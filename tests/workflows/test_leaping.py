"""What the stories' engine makes of a timer that fires while its story is busy cancelling it."""

import asyncio
import contextlib
import threading
from datetime import UTC, datetime, timedelta

from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from tests.workflows.leaping import leaping_engine
from workflows.payloads import as_json

FIRES_AFTER = timedelta(seconds=0.5)
GOES_ON_FOR = timedelta(days=1)
# The SDK gives up on a story that is at it for two.
AT_IT_SECONDS = 1.8
ENDS_WITHIN_SECONDS = 20
fired = threading.Event()


@workflow.defn
class Busy:
    """Woken by a word, it is at it until its own timer has fired as well."""

    def __init__(self) -> None:
        self._heard = False

    @workflow.run
    async def run(self) -> str:
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(lambda: self._heard, timeout=FIRES_AFTER)
        await workflow.sleep(GOES_ON_FOR)
        return "went on"

    @workflow.signal
    def word(self) -> None:
        assert fired.wait(AT_IT_SECONDS)
        self._heard = True


def working(client: Client) -> Worker:
    """Outside the sandbox, so that story and test share what they wait for."""
    return Worker(client, task_queue="busy", workflows=[Busy], workflow_runner=UnsandboxedWorkflowRunner())


async def fires_at(handle: WorkflowHandle[Busy, str]) -> datetime:
    """Once the timer is with the engine."""
    while True:
        for event in (await handle.fetch_history()).events:
            if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
                return event.event_time.ToDatetime(UTC) + FIRES_AFTER


async def test_a_timer_that_fires_while_it_is_cancelled_strands_no_story() -> None:
    fired.clear()
    async with leaping_engine(as_json) as env, working(env.client):
        handle = await env.client.start_workflow(Busy.run, id="busy", task_queue="busy")
        due = await fires_at(handle)
        await handle.signal(Busy.word)
        while await env.get_current_time() < due + FIRES_AFTER / 2:
            pass  # the engine's own clock, at the pace of ours
        fired.set()
        async with asyncio.timeout(ENDS_WITHIN_SECONDS):
            assert await handle.result() == "went on"
