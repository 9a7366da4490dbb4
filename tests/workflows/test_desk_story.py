"""The desk as stories: presence, absence, an empty shift, digests."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from temporalio.client import WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment

from db import office, shifts
from db.reads.timeline import timeline
from db.tables.cases import Assignment, Notice
from db.tables.cases import Digest as DigestRow
from domain.contact_terms import CallResult, NoContactCode
from domain.policies.desk import Weekday
from domain.review_case import steps
from domain.review_case.state import ReviewCaseState
from tests.builders import House
from tests.workflows.conftest import Keep, Tell, Told
from tests.workflows.test_review_story import code_of
from workflows.digest import Digest
from workflows.handback import Handback

BEIJING = ZoneInfo("Asia/Shanghai")
A_WHILE = timedelta(minutes=30)


async def until_it_waits(story: Told, hours: range) -> ReviewCaseState:
    """To a moment in these hours of the buyer's day at which a contact is planned for later."""
    while True:
        state, now = await story.settled(), await story.clock()
        contact = state.contact
        later = contact is not None and not contact.due and contact.due_at - now > A_WHILE
        if later and now.astimezone(BEIJING).hour in hours:
            return state
        await story.pass_time(A_WHILE)


async def seen_online(story: Told) -> ReviewCaseState:
    await story.handle.signal("buyer_online", story.house.people["ada"])
    return await story.settled()


@pytest.mark.covers(27, 28)
async def test_a_buyer_who_comes_online_is_called_at_once_and_only_once_in_a_while(tell: Tell) -> None:
    story = await tell()
    await until_it_waits(story, range(9, 17))
    state = await seen_online(story)
    assert state.contact is not None
    assert (state.contact.due, "online" in state.contact.why) == (True, True)
    await story.until(lambda case: case.contact is None or not case.contact.due)
    await story.pass_time(timedelta(minutes=10))
    again = await seen_online(story)
    assert again.contact is not None
    assert "online" not in again.contact.why


@pytest.mark.covers(29)
async def test_a_buyer_who_is_online_at_night_is_let_sleep(tell: Tell) -> None:
    story = await tell()
    before = await until_it_waits(story, range(0, 6))
    state = await seen_online(story)
    assert before.contact is not None
    assert state.contact is not None
    assert (state.contact.due, state.contact.number) == (False, before.contact.number)


async def set_away(house: House, who: str, until: datetime) -> None:
    async with house.parts.sessions.begin() as session:
        await office.set_person(session, "tests", datetime.now(UTC), UUID(house.people[who]), {"away_until": until})


async def assignment_of(story: Told) -> Assignment:
    async with story.house.parts.sessions() as session:
        return await session.get_one(Assignment, (await story.view()).opening.case)


@pytest.mark.covers(196)
async def test_the_cases_of_an_absent_agent_go_on_to_the_other(
    tell: Tell, house: House, env: WorkflowEnvironment, keep_history: Keep
) -> None:
    stories = [await tell() for _ in range(4)]
    for story in stories:
        await story.until(lambda case: case.assignee is not None)
    away = await stories[0].agent()
    other = "ann" if away == "alice" else "alice"
    await set_away(house, away, await stories[0].clock() + timedelta(days=7))
    handle = await house.parts.client.start_workflow(
        Handback.run, args=[house.people[away], None], id="handback:1", task_queue=house.parts.settings.task_queue
    )
    with env.auto_time_skipping_disabled():  # else the clock may leap while the engine has nothing to do
        assert await handle.result() == 2
    for story in stories:
        state = await story.until(lambda case: case.assignee is not None)
        assert (state.assignee, str((await assignment_of(story)).person)) == (house.people[other],) * 2
    assert "taken_back" in [event.kind for event in await stories[0].events()]
    await keep_history("handback:1", "Handback.two_cases")


async def test_without_anybody_else_the_cases_are_free_and_the_first_who_is_back_gets_them(
    tell: Tell, house: House, env: WorkflowEnvironment
) -> None:
    story = await tell()
    await story.until(lambda case: case.assignee is not None)
    back = await story.clock() + timedelta(days=1)
    for who in ("alice", "ann"):
        await set_away(house, who, back)
    with env.auto_time_skipping_disabled():  # else the clock may leap to the hour at which they are back
        await house.parts.client.execute_workflow(
            Handback.run, args=[house.people[await story.agent()], None], id="h", task_queue="cases"
        )
    free = await story.until(lambda case: case.assignee is None)
    assert (await assignment_of(story)).released_at is not None
    assert free.assign_again_at is not None
    await story.until(lambda case: case.assignee is not None)
    assert await story.clock() >= back


@pytest.mark.covers(195, 196)
async def test_a_case_leaves_an_agent_whose_shift_never_fits_and_is_planned_for_one_whose_does(
    tell: Tell, house: House
) -> None:
    story = await tell()
    await story.until(lambda case: case.contact is not None)
    before = await story.agent()
    night = {"zone": "Asia/Shanghai", "week": {day: [{"open": "02:00", "close": "04:00"}] for day in Weekday}}
    async with house.parts.sessions.begin() as session:
        await shifts.set_shift(session, "tests", datetime.now(UTC), UUID(house.people[before]), night, date(2026, 1, 1))
    state = await story.until(lambda case: case.assignee != house.people[before] and case.contact is not None)
    holder = await assignment_of(story)
    assert (state.assignee, state.plan_code) == (str(holder.person), None)
    assert "handed_on" in [event.kind for event in await story.events()]


@pytest.mark.covers(58)
async def test_one_agent_holds_two_buyers_at_once_and_nobody_else_takes_either(tell: Tell, house: House) -> None:
    phones = ("13800138001", "13800138002")
    stories = [await tell(opening=await house.opening(await house.review(), phone=phone)) for phone in phones]
    for story in stories:
        await story.until(lambda case: case.assignee is not None)
        if await story.agent() != "alice":
            await story.step("bob", steps.HandOver(to=house.people["alice"]))
    for story in stories:
        await story.until(lambda case: case.contact is not None and case.contact.due)
        await story.step("alice", steps.BeginContact())
    for story in stories:
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await story.step("bob", steps.BeginContact())
        assert code_of(refused) == "ContactTaken"
    for story in reversed(stories):
        logged = await story.step("alice", steps.LogContact(result=CallResult.NO_ANSWER))
        assert [attempt.by for attempt in logged.state.attempts] == [house.people["alice"]]


@pytest.mark.covers(7, 195)
async def test_a_shift_with_nobody_on_it_is_escalated_and_does_not_loop(tell: Tell, house: House) -> None:
    night = {"zone": "Asia/Shanghai", "week": {"sunday": [{"open": "03:00", "close": "04:00"}]}}
    async with house.parts.sessions.begin() as session:
        policy = (await office.policy_in_force(session, "desk", house.shop)).document.model_dump(mode="json")
        policy["hours"] = night
        await office.put_policy(session, "desk", house.shop, policy, "tests", "a test", datetime.now(UTC))
    story = await tell()
    state = await story.settled()
    assert (state.plan_code, "decision_waiting" in state.clocks) == (NoContactCode.NOBODY_AT_DESK, True)
    began = await story.clock()
    await story.pass_time(timedelta(days=3))
    events = [event.kind for event in await story.events()]
    assert events.count("no_contact_possible") == 1
    assert await story.clock() - began >= timedelta(days=3)


@pytest.mark.covers(197)
async def test_who_is_at_work_gets_one_digest_and_who_is_not_gets_it_later(
    tell: Tell, house: House, env: WorkflowEnvironment, keep_history: Keep
) -> None:
    story = await tell()
    await story.until(lambda case: case.assignee is not None)
    words = await house.text("what now?")
    for _ in range(2):
        await story.step("bob", steps.Escalate(why=words))
    await story.until(lambda case: case.clocks["asked"].over)  # type: ignore[index]
    await written(story)
    with env.auto_time_skipping_disabled():  # else a slow machine lets time leap to what is told next
        first = await house.parts.client.execute_workflow(Digest.run, house.shop, id="d1", task_queue="cases")
        rows = await digests(house)
        second = await house.parts.client.execute_workflow(Digest.run, house.shop, id="d2", task_queue="cases")
    assert (first, {str(row.person) for row in rows}) == (len(rows), {house.people["bob"], house.people["lee"]})
    assert second == 0
    await keep_history("d1", "Digest.two_people")


async def written(story: Told) -> None:
    """Until lists show what the case says of itself."""
    version = (await story.view()).version
    while len(await story.events()) < version:  # noqa: ASYNC110 - what is waited for is in the worker
        await asyncio.sleep(0.02)


async def digests(house: House) -> list[DigestRow]:
    async with house.parts.sessions() as session:
        return list(await session.scalars(select(DigestRow)))


async def test_nobody_hears_of_a_held_case_and_never_of_a_closed_one(
    tell: Tell, house: House, env: WorkflowEnvironment
) -> None:
    story = await tell()
    await story.settled()
    words = await house.text("what now?")
    await story.step("bob", steps.Escalate(why=words))
    await story.until(lambda case: case.clocks["asked"].over)  # type: ignore[index]
    await story.step("bob", steps.Hold(why=words))
    await written(story)
    with env.auto_time_skipping_disabled():
        held = await house.parts.client.execute_workflow(Digest.run, house.shop, id="d1", task_queue="cases")
    await story.step("bob", steps.Resume())
    await story.step("bob", steps.Close(outcome="refused", why=words))
    await story.closed()
    with env.auto_time_skipping_disabled():
        closed = await house.parts.client.execute_workflow(Digest.run, house.shop, id="d2", task_queue="cases")
    async with house.parts.sessions() as session:
        dropped = list(await session.scalars(select(Notice.dropped_at)))
    assert (held, closed, None in dropped) == (0, 0, False)


@pytest.mark.covers(195)
async def test_a_policy_changed_in_mid_case_counts_from_the_next_decision_and_each_names_its_version(
    tell: Tell, house: House
) -> None:
    story = await tell()
    await story.until(lambda case: case.contact is not None)
    async with house.parts.sessions.begin() as session:
        policy = (await office.policy_in_force(session, "contact", house.shop)).document.model_dump(mode="json")
        policy["hard_limits"]["call"]["life_not_after"] = "19:00"
        await office.put_policy(session, "contact", house.shop, policy, "tests", "peace at night", datetime.now(UTC))
    await story.until(lambda case: case.contacts_planned == 2)
    await written(story)
    async with house.parts.sessions() as session:
        lines = await timeline(session, (await story.view()).opening.case, 0, 1000, with_texts=False)
    planned = [line.policy for line in lines if line.kind == "contact_planned"]
    deciding = {line.kind for line in lines if line.policy is not None}
    assert planned == ["contact:shipped", f"contact:{house.shop}:1"]
    assert deciding >= {"opened", "triaged", "assigned", "contact_planned"}
