"""Ways through the month that end without an amendment, one story each under skipped time."""

from datetime import UTC, datetime, timedelta

import pytest

from db import office
from domain.contact_terms import CallResult, StopSignal, TalkOutcome
from domain.review_case import steps
from domain.review_case.outcomes import Outcome
from domain.review_case.resting import REMIND_AFTER
from domain.review_case.state import ReplyStatus, ReviewCaseState
from tests.builders import House
from tests.workflows.conftest import Keep, Tell, Told


async def replied_and_closed(story: Told) -> ReviewCaseState:
    """To the month's end: the public reply is confirmed when it is asked for."""
    await story.until(lambda case: case.reply is not None and case.reply.status is ReplyStatus.PREPARED)
    await story.step("bob", steps.PostReply())
    return await story.closed()


@pytest.mark.covers(30, 46)
async def test_a_buyer_who_accepted_and_forgot_is_reminded_once_and_ends_content_with_the_review_kept(
    tell: Tell,
) -> None:
    story = await tell()
    await story.accepted()
    accepted_at = await story.clock()
    state = await story.until(lambda case: case.contact is not None and case.contact.due)
    assert state.contact is not None
    assert state.contact.reminder
    assert await story.clock() - accepted_at >= REMIND_AFTER
    who = await story.agent()
    await story.step(who, steps.BeginContact())
    talk = {"result": CallResult.CONNECTED, "talk": TalkOutcome.REFUSED_POLITELY, "result_accepted": True}
    await story.step(who, steps.LogContact.model_validate(talk))
    state = await replied_and_closed(story)
    assert (state.outcome, state.payouts) == (Outcome.SETTLED_KEPT, [])
    assert [event.kind for event in await story.events()].count("contact_due") == 2


@pytest.mark.covers(52)
async def test_a_cold_buyer_is_left_alone_for_a_week_before_the_case_is_given_up_as_refused(
    tell: Tell, house: House
) -> None:
    story = await tell()
    who = await story.call(CallResult.CONNECTED, TalkOutcome.REFUSED_POLITELY)
    refused_at = await story.clock()
    state = await story.until(lambda case: case.contact is not None)
    assert state.contact is not None
    assert state.contact.due_at - refused_at >= timedelta(days=7)
    await story.step(who, steps.Close(outcome=Outcome.REFUSED, why=await house.text("不愿修改")))
    state = await story.closed()
    assert (state.outcome, state.follow_up) == (Outcome.REFUSED, None)


async def without_deleting(house: House) -> None:
    """The shop's marketplace lets no buyer delete a review."""
    async with house.parts.sessions.begin() as session:
        document = (await office.policy_in_force(session, "platforms", house.shop)).document.model_dump(
            mode="json", by_alias=True
        )
        document["platforms"]["sandbox"]["review"]["amend_modes"] = ["edit_result"]
        await office.put_policy(session, "platforms", house.shop, document, "tests", "a test", datetime.now(UTC))


async def test_a_review_that_the_platform_took_down_ends_the_case_as_removed(tell: Tell, house: House) -> None:
    await without_deleting(house)
    await house.review("另一条评价", "bad")
    reviewed = await house.review()
    story = await tell(reviewed)
    await story.until(lambda case: case.assignee is not None)
    await house.sandbox.delete(f"/buyer/reviews/{reviewed.oid}")
    await story.handle.signal("review_changed")
    state = await story.closed()
    assert (state.outcome, state.amendment) == (Outcome.REMOVED, None)


@pytest.mark.covers(196)
async def test_after_a_hand_over_a_begun_contact_goes_on_counting_and_the_next_agent_begins_one_of_their_own(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    story = await tell()
    await story.until(lambda case: case.contact is not None and case.contact.due)
    who = await story.agent()
    other = "ann" if who == "alice" else "alice"
    await story.step(who, steps.BeginContact())
    begun_at = await story.clock()
    await story.step(who, steps.HandOver(to=house.people[other]))
    state = await story.until(lambda case: case.contact is not None and case.contact.due)
    assert state.contact is not None
    assert (state.contact.number, state.contact.due_at - begun_at > timedelta(hours=12)) == (2, True)
    await story.step(other, steps.BeginContact())
    logged = await story.step(other, steps.LogContact(result=CallResult.NO_ANSWER))
    assert [(attempt.number, attempt.by) for attempt in logged.state.attempts] == [(2, house.people[other])]
    await keep_history(story.handle.id, "ReviewCase.handed_over_when_begun")


@pytest.mark.covers(31, 36)
async def test_who_was_on_the_phone_when_the_buyer_wrote_stop_still_says_how_it_went_before_the_case_ends(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    story = await tell()
    await story.until(lambda case: case.contact is not None and case.contact.due)
    who = await story.agent()
    await story.step(who, steps.BeginContact())
    await story.step("bob", steps.StopContact(signal=StopSignal.BUYER_OPT_OUT))
    assert (await story.settled()).outcome is None
    await story.step(who, steps.LogContact(result=CallResult.CONNECTED, talk=TalkOutcome.REFUSED_FIRMLY))
    state = await replied_and_closed(story)
    assert (state.outcome, state.stopped) == (Outcome.STOPPED_BY_BUYER, StopSignal.BUYER_OPT_OUT)
    assert [attempt.talk for attempt in state.attempts] == [TalkOutcome.REFUSED_FIRMLY]
    await keep_history(story.handle.id, "ReviewCase.logged_after_a_stop")
