"""What is agreed with a buyer, through its whole life under skipped time: promises, and the yes before the review."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from temporalio.client import WorkflowUpdateFailedError

from db.reads.queue import list_queue
from db.tables.cases import Notice
from db.tables.decisions import DecisionRow
from domain.contact_terms import AddressType, CallResult, Channel, Occupation, TalkOutcome
from domain.escalation import EscalationKind
from domain.life_zones import BEIJING
from domain.review_case import steps
from domain.review_case.agreement_steps import (
    AnswerInvestigation,
    AskDecision,
    Decide,
    DescribeBuyer,
    KeepPromise,
    MakePromise,
    OpenInvestigation,
    RecordDetails,
)
from domain.review_case.outcomes import Outcome
from tests.builders import House
from tests.workflows.conftest import Keep, Tell, Told
from tests.workflows.test_desk_story import until_it_waits, written
from tests.workflows.test_review_story import code_of

# What the engine needs to act while its clock stands on something due.
A_MOMENT = timedelta(minutes=1)
ASKED = EscalationKind.DECISION_ASKED


async def promised(story: Told, ahead: timedelta = timedelta(days=2)) -> tuple[str, datetime]:
    """Up to a promise: who made it, and when it is due."""
    await story.until(lambda case: case.assignee is not None)
    who, due = await story.agent(), await story.clock() + ahead
    await story.step(who, MakePromise(what=await story.house.text("补寄壶盖"), due=due))
    return who, due


async def told_of(story: Told) -> list[str]:
    escalated = [event.facts for event in await story.events() if event.kind == "escalated"]
    return [facts["role"] for facts in escalated if facts["what"] == "promise_due"]


@pytest.mark.covers(30, 56)
async def test_a_promise_falls_due_leads_the_queue_and_is_kept(tell: Tell, house: House) -> None:
    story = await tell()
    who, due = await promised(story)
    state = await story.until(lambda case: case.agreements.promises[0].reminded_at is not None)
    assert timedelta() <= (state.agreements.promises[0].reminded_at or due) - due < A_MOMENT
    await story.settled()
    await story.events()
    async with house.parts.sessions() as session:
        mine = await list_queue(session, UUID(house.people[who]), frozenset({house.shop}), 10, None)
        assert [(line.number, line.waiting) for line in mine] == [(state.opening.case, False)]
        assert mine[0].due_at <= due
    await story.step(who, KeepPromise(promise=1))
    await story.pass_time(timedelta(days=3))
    state = await story.view()
    assert EscalationKind.PROMISE_DUE not in state.clocks
    assert state.agreements.promises[0].broken_at is None


@pytest.mark.covers(30, 197)
async def test_a_promise_is_announced_to_its_agent_before_and_when_it_is_due(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    story = await tell()
    who, due = await promised(story)
    await story.until(lambda case: case.agreements.promises[0].reminded_at is not None)
    await story.events()
    async with house.parts.sessions() as session:
        told = select(Notice).where(Notice.kind.in_(["promise_soon", "promise_due"])).order_by(Notice.at)
        soon, now = list(await session.scalars(told))
    await keep_history(story.handle.id, "ReviewCase.promised_and_announced")

    assert [str(one.person) for one in (soon, now)] == [house.people[who]] * 2
    assert timedelta(0) < due - soon.at <= timedelta(hours=14)
    assert due <= now.at < due + A_MOMENT
    assert 9 <= soon.at.astimezone(BEIJING).hour < 21


@pytest.mark.covers(30)
async def test_a_promise_that_nobody_keeps_climbs_the_ladder_and_is_broken_once(tell: Tell) -> None:
    """A grave case begins with the lead."""
    story = await tell()
    await promised(story)
    state = await story.until(lambda case: case.agreements.promises[0].broken_at is not None)
    broken = state.agreements.promises[0]
    assert timedelta(hours=24) <= (broken.broken_at or broken.due_at) - broken.due_at < timedelta(hours=24) + A_MOMENT
    await story.pass_time(timedelta(days=3))
    await story.settled()
    assert [event.kind for event in await story.events()].count("promise_broken") == 1
    assert await told_of(story) == ["lead", "supervisor"]


@pytest.mark.covers(56)
async def test_an_amended_case_closes_only_after_its_promise_was_seen_through(tell: Tell, house: House) -> None:
    reviewed = await house.review()
    story = await tell(reviewed)
    _, due = await promised(story)
    await story.amended(reviewed)
    ended = await story.until(lambda case: case.outcome is not None)
    assert ended.outcome is Outcome.AMENDED_UNPAID
    state = await story.closed()
    assert state.closed_at is not None
    assert state.closed_at >= due


@pytest.mark.covers(55)
async def test_the_review_is_mentioned_only_after_the_buyers_yes_to_the_result(tell: Tell) -> None:
    story = await tell()
    await story.until(lambda case: case.assignee is not None)
    who = await story.agent()
    talk = {"result": CallResult.CONNECTED, "talk": TalkOutcome.UNDECIDED, "inbound": True, "channel": Channel.IM}
    asking = steps.LogContact.model_validate(talk | {"asked_to_amend": True})
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await story.step(who, asking)
    assert code_of(refused) == "AcceptanceMissing"
    await story.step(who, steps.LogContact.model_validate(talk | {"result_accepted": True}))
    answers = [await story.step(who, asking) for _ in range(2)]
    assert sum(attempt.asked_to_amend for attempt in answers[-1].state.attempts) == 2
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await story.step(who, asking)
    assert code_of(refused) == "AsksUsedUp"


@pytest.mark.covers(82)
async def test_what_is_beyond_an_agent_is_decided_by_a_lead_and_the_agent_hears_of_it(tell: Tell, house: House) -> None:
    story = await tell()
    await story.until(lambda case: case.assignee is not None)
    who = await story.agent()
    await story.step(who, AskDecision(what=await house.text("客户要求补偿30元,能给吗")))
    due = await story.until(lambda case: case.agreements.decisions[0].reminded_at is not None)
    assert due.agreements.decisions[0].open
    told = await story.until(lambda case: ASKED in case.clocks and bool(case.clocks[ASKED].told))
    assert told.clocks[ASKED].told[0] in {"lead", "supervisor"}
    await story.step("bob", Decide(decision=1, granted=True, answer=await house.text("可以,按大单处理")))
    await written(story)
    async with house.parts.sessions() as session:
        row = await session.get_one(DecisionRow, {"case": story.opening.case, "number": 1})
        heard = await session.scalars(select(Notice).where(Notice.kind == "decided"))
        people = [str(notice.person) for notice in heard]
    assert (row.granted, row.ended_at is not None, people) == (True, True, [house.people[who]])


@pytest.mark.covers(50)
async def test_a_vague_review_is_asked_about_and_what_the_buyer_tells_is_kept(tell: Tell, house: House) -> None:
    story = await tell(await house.review("差评!!"))
    state = await story.until(lambda case: case.assignee is not None)
    assert state.agreements.details_wanted
    told = RecordDetails(description=await house.text("壶盖拧不紧"), order=await house.text("双十一那一单"))
    answer = await story.step(await story.agent(), told)
    assert (answer.state.agreements.details_wanted, answer.state.agreements.details is None) == (False, False)


@pytest.mark.covers(57)
async def test_an_investigation_that_nobody_answers_climbs_from_whoever_was_asked_until_the_answer(
    tell: Tell, house: House
) -> None:
    story = await tell()
    await story.until(lambda case: case.assignee is not None)
    who, asked = await story.agent(), house.people["fay"]
    question, due = await house.text("出库检查过吗"), await story.clock() + timedelta(days=1)
    await story.step(who, OpenInvestigation(to=asked, question=question, due=due))
    state = await story.until(lambda case: EscalationKind.INVESTIGATION in case.clocks)
    assert state.agreements.investigations[0].reminded_at is not None
    await story.until(lambda case: bool(case.clocks[EscalationKind.INVESTIGATION].told))
    await story.step("fay", AnswerInvestigation(investigation=1, answer=await house.text("漏检了")))
    state = await story.settled()
    events = {event.kind: event.facts for event in await story.events()}
    assert EscalationKind.INVESTIGATION not in state.clocks
    assert events["investigation_answered"]["late"] is True


@pytest.mark.covers(14, 15, 26)
async def test_what_an_agent_learns_of_the_buyers_days_chooses_the_next_hour(tell: Tell, house: House) -> None:
    story = await tell()
    # By day a first contact may be due already, and that one stays.
    await until_it_waits(story, range(0, 6))
    who = await story.agent()
    await story.step(who, DescribeBuyer(occupation=Occupation.NIGHT_SHIFT, address_type=AddressType.FACTORY))
    by_work = await story.settled()
    await story.step(who, DescribeBuyer(hours=["10:10-11:40"]))
    by_hours = await story.settled()
    assert by_work.contact is not None
    assert by_hours.contact is not None
    assert "somebody on night shift" in by_work.contact.why
    assert "the buyer asked for this time" in by_hours.contact.why
