"""A plan that was overtaken while it was made: what the buyer said meanwhile counts."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from temporalio.client import WorkflowUpdateFailedError

from domain.contact_terms import CallResult, Channel, TalkOutcome
from domain.life_zones import BEIJING
from domain.review_case.steps import BeginContact, LogContact, ScheduleCallback
from tests.builders import House
from tests.workflows.conftest import Keep, Tell, TellRefund, Told
from tests.workflows.refund_world import RefundStory
from tests.workflows.test_review_story import code_of


async def planning(story: Told | RefundStory) -> None:
    """Until the case waits for its plan."""
    async with asyncio.timeout(30):
        while True:
            described = await story.handle.describe()
            under_way = described.raw_description.pending_activities
            if any(one.activity_type.name == "plan" for one in under_way):
                return
            await asyncio.sleep(0.02)


async def not_reached(story: Told | RefundStory) -> None:
    """The case's agent tries the due contact, and nobody answers."""
    who = await story.agent()
    await story.step(who, BeginContact())
    await story.step(who, LogContact(result=CallResult.NO_ANSWER))


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


@pytest.mark.covers(25)
async def test_a_time_in_the_night_that_a_buyer_names_is_not_kept_and_whoever_calls_is_told(tell: Tell) -> None:
    story = await tell()
    await story.until(lambda case: case.contact is not None)
    await story.step(await story.agent(), ScheduleCallback(at=noon(await story.clock(), 1, 3)))
    contact = (await story.settled()).contact

    assert contact is not None
    assert contact.due_at.astimezone(BEIJING).hour >= 10
    assert "The time that the buyer asked for cannot be kept inside hours, caps and desk." in contact.warnings


@pytest.mark.covers(109)
async def test_a_time_agreed_with_an_applicant_while_the_first_call_is_being_planned_counts(
    tell_refund: TellRefund, house: House
) -> None:
    async with house.parts.sessions.begin() as session:
        await session.execute(text("LOCK TABLE contact_place IN EXCLUSIVE MODE"))
        story = await tell_refund()
        await planning(story)
        agent, agreed = (await story.view()).assignee, noon(await story.clock(), 2, 12)
        who = next(name for name, person in house.people.items() if person == agent)
        talk = {"inbound": True, "channel": Channel.IM, "talk": TalkOutcome.AGREED_LATER, "next_at": agreed}
        await story.step(who, LogContact(result=CallResult.CONNECTED, **talk))
    state = await story.until(lambda case: case.calls.contact is not None)
    await story.line()

    assert state.calls.contact is not None
    assert agreed <= state.calls.contact.due_at < agreed + timedelta(hours=1)
    assert [event.kind for event in await story.events()].count("contact_planned") == 1


@pytest.mark.covers(31)
async def test_a_due_contact_whose_buyer_was_called_elsewhere_meanwhile_is_put_off_and_nobody_has_missed_it(
    tell: Tell, keep_history: Keep
) -> None:
    first, later = await tell(), await tell()
    for story in (first, later):
        await story.until(lambda case: case.contact is not None and case.contact.due)
    await not_reached(first)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await later.step(await later.agent(), BeginContact())
    state = await later.settled()
    await keep_history(later.handle.id, "ReviewCase.put_off")

    assert code_of(refused) == "ContactNotAllowed"
    assert state.contact is not None
    assert state.contact.due_at > await later.clock() + timedelta(hours=12)
    assert "contact_missed" not in state.clocks
    kinds = [event.kind for event in await later.events()]
    assert kinds[-2:] == ["contact_put_off", "contact_planned"]


async def test_an_applicants_due_call_is_put_off_likewise(tell_refund: TellRefund) -> None:
    first, later = await tell_refund(buyer_nick="lin"), await tell_refund(buyer_nick="lin")
    for story in (first, later):
        await story.until(lambda case: case.calls.contact is not None and case.calls.contact.due)
    await not_reached(first)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await later.step(await later.agent(), BeginContact())
    state = await later.settled()

    assert code_of(refused) == "ContactNotAllowed"
    assert state.calls.contact is None or state.calls.contact.due_at > await later.clock() + timedelta(hours=12)
    assert "contact_missed" not in state.clocks
    assert "contact_put_off" in [event.kind for event in await later.events()]
