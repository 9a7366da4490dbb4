"""How a case begins: in one task of the engine, whatever the database makes it wait for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory

from domain import editions
from domain.review_case.state import Stage
from embedded import databases
from record.histories import lines
from tests.conftest import Database
from tests.workflows.conftest import STUCK_AFTER_SECONDS, Keep, Tell, TellRefund


@asynccontextmanager
async def no_new_keys(database: Database) -> AsyncIterator[None]:
    """As long as this lasts the database takes no key of a case."""
    owner = create_async_engine(database.owner_url)

    async def say(words: str) -> None:
        async with owner.begin() as connection:
            await connection.execute(text(f"{words} {databases.APP}"))

    try:
        await say("REVOKE INSERT ON case_key FROM")
        try:
            yield
        finally:
            await say("GRANT INSERT ON case_key TO")
    finally:
        await owner.dispose()


def tasks_before(history: WorkflowHistory, activity: str) -> int:
    """How many workflow tasks a case needed until it asked for this activity, that one included."""
    tasks = 0
    for event in history.events:
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            tasks += 1
        if event.activity_task_scheduled_event_attributes.activity_type.name == activity:
            return tasks
    raise AssertionError(f"{activity} was never asked for")


async def local(history: WorkflowHistory) -> list[str]:
    return [line.about for line in await lines(history, None) if "core_local_activity" in line.detail.values()]


async def test_a_review_case_is_opened_assigned_and_planned_in_one_task(tell: Tell, keep_history: Keep) -> None:
    story = await tell()
    state = await story.settled()
    await story.events()
    history = await story.handle.fetch_history()
    assert (state.stage, state.contact is not None) == (Stage.CONTACTING, True)
    assert state.edition == editions.NEWEST
    assert await local(history) == ["open_case", "assign", "plan"]
    assert tasks_before(history, "project") == 1
    await keep_history(story.handle.id, "ReviewCase.begun_at_once")


async def test_a_refund_case_is_opened_and_assigned_in_one_task(tell_refund: TellRefund, keep_history: Keep) -> None:
    story = await tell_refund()
    await story.settled()
    await story.line()
    history = await story.handle.fetch_history()
    assert await local(history) == ["open_refund", "assign"]
    await keep_history(story.handle.id, "RefundCase.begun_at_once")


async def test_a_database_that_takes_nothing_only_delays_the_beginning(tell: Tell, database: Database) -> None:
    async with no_new_keys(database), asyncio.timeout(STUCK_AFTER_SECONDS):
        story = await tell()
        waits = EventType.EVENT_TYPE_TIMER_STARTED
        while all(one.event_type != waits for one in (await story.handle.fetch_history()).events):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert (await story.view()).stage is Stage.OPENING, "between two tries the case answers"
    state = await story.until(lambda case: case.contact is not None)
    assert state.stage is Stage.CONTACTING
    assert [event.kind for event in await story.events()].count("opened") == 1
