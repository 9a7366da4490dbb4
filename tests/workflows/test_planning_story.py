"""A plan that was overtaken while it was made: what the buyer said meanwhile counts."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from domain.life_zones import BEIJING
from domain.review_case.steps import ScheduleCallback
from tests.builders import House
from tests.workflows.conftest import Keep, Tell, Told


async def planning(story: Told) -> None:
    """Until the case waits for its plan."""
    async with asyncio.timeout(30):
        while True:
            described = await story.handle.describe()
            under_way = described.raw_description.pending_activities
            if any(one.activity_type.name == "plan" for one in under_way):
                return
            await asyncio.sleep(0.02)


def noon(now: datetime, days: int, hour: int) -> datetime:
    day = now.astimezone(BEIJING) + timedelta(days=days)
    return day.replace(hour=hour, minute=10, second=0, microsecond=0)


@pytest.mark.covers(15, 30)
async def test_of_two_times_that_a_buyer_names_while_the_first_is_being_planned_the_second_counts(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    story = await tell()
    await story.until(lambda case: case.contact is not None)
    who, now = await story.agent(), await story.clock()
    async with house.parts.sessions.begin() as session:
        await session.execute(text("LOCK TABLE contact_place IN EXCLUSIVE MODE"))
        await story.step(who, ScheduleCallback(at=noon(now, 2, 12)))
        await planning(story)
        await story.step(who, ScheduleCallback(at=noon(now, 3, 19)))
    state = await story.settled()
    await keep_history(story.handle.id, "ReviewCase.planned_anew_meanwhile")

    assert state.contact is not None
    assert state.contact.due_at == noon(now, 3, 19)
    assert "the buyer asked for this time" in state.contact.why
    planned = [event.facts["number"] for event in await story.events() if event.kind == "contact_planned"]
    assert planned == [1, 2]
