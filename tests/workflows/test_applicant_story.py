"""Calling the applicant, inside hours and caps, before anything is decided; the whole talk under skipped time."""

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update
from temporalio.client import WorkflowUpdateFailedError

from db.tables.buyers import Buyer
from db.tables.contacts import ContactAttempt
from db.tables.refunds import Refund
from domain.contact_terms import CallResult, Channel, PhoneKind, StopSignal, TalkOutcome
from domain.escalation import EscalationKind
from domain.refund_case import steps
from domain.refund_case.outcomes import RefundOutcome
from domain.refund_case.stages import RefundStage, stage_of
from domain.review_case.facts import BuyerMessage
from tests.workflows.conftest import Keep, TellRefund
from tests.workflows.refund_world import RefundStory
from tests.workflows.test_review_story import code_of

CHINA = ZoneInfo("Asia/Shanghai")


async def due(story: RefundStory) -> str:
    """Up to the hour of the call, and whose it is."""
    await story.until(lambda case: case.calls.contact is not None and case.calls.contact.due)
    return await story.agent()


@pytest.mark.covers(107, 108, 109, 125)
async def test_the_applicant_is_called_at_a_decent_hour_and_keeps_what_was_only_used_wrongly(
    tell_refund: TellRefund, keep_history: Keep
) -> None:
    story = await tell_refund(reason="七天无理由退换货")
    who = await due(story)
    assert 8 <= (await story.clock()).astimezone(CHINA).hour < 22
    with pytest.raises(WorkflowUpdateFailedError) as early:
        await story.step(who, steps.LogContact(result=CallResult.CONNECTED, talk=TalkOutcome.UNDECIDED))
    assert code_of(early) == "ContactNotBegun"
    await story.step(who, steps.BeginContact())
    await story.step(who, steps.LogContact(result=CallResult.CONNECTED, talk=TalkOutcome.UNDECIDED, explained=True))
    await story.step(who, steps.RecordReason(cause="personal.dislike", words=await story.house.text("杯盖装反了")))
    with pytest.raises(WorkflowUpdateFailedError) as covered:
        await story.step(who, steps.Refuse(message=await story.house.text("商品没有问题")))
    assert code_of(covered) == "CannotRefuse", "an excuse to return falls back to the seven days"
    await story.step(who, steps.Explain(about=["usage"], words=await story.house.text("杯盖内圈朝下")))
    await story.step(who, steps.TryFirst(until=await story.clock() + timedelta(days=2)))
    assert stage_of(await story.settled()) is RefundStage.TRYING
    other = "ann" if who == "alice" else "alice"
    await story.step(other, steps.EndTrial(satisfied=True))
    await story.buyer("withdraw")
    await story.told()
    assert (await story.closed()).outcome is RefundOutcome.KEPT
    await keep_history(story.handle.id, "RefundCase.called_and_kept")


async def test_who_is_not_reached_is_called_again_within_the_caps_and_before_the_deadline(
    tell_refund: TellRefund,
) -> None:
    story = await tell_refund()
    deadline = (await story.settled()).watch
    assert deadline is not None
    for number in (1, 2):
        who = await due(story)
        await story.step(who, steps.BeginContact())
        state = (await story.step(who, steps.LogContact(result=CallResult.NO_ANSWER))).state
        assert len(state.calls.attempts) == number
        assert await story.clock() < deadline.deadline.at
    first, second = (await story.view()).calls.attempts
    assert second.at - first.at > timedelta(hours=1)


async def called(story: RefundStory) -> str:
    """Somebody with a phone is called."""
    async with story.house.parts.sessions.begin() as session:
        buyer = select(Refund.buyer).where(Refund.id == UUID(story.opening.refund_row)).scalar_subquery()
        await session.execute(update(Buyer).where(Buyer.id == buyer).values(phone_kind=PhoneKind.MOBILE))
    while True:
        who, call = await due(story), (await story.view()).calls.contact
        assert call is not None
        await story.step(who, steps.BeginContact())
        if call.channel is Channel.CALL:
            return who
        await story.step(who, steps.LogContact(result=CallResult.NO_ANSWER))


async def test_an_applicant_who_names_a_later_hour_of_the_same_day_is_called_then(
    tell_refund: TellRefund,
) -> None:
    story = await tell_refund()
    who = await called(story)
    later = await story.clock() + timedelta(minutes=20)
    talk = steps.LogContact(result=CallResult.CONNECTED, talk=TalkOutcome.AGREED_LATER, next_at=later)
    await story.step(who, talk)
    state = await story.until(lambda case: case.calls.contact is not None and case.calls.contact.due)
    assert state.calls.contact is not None
    assert (state.calls.contact.channel, state.calls.contact.due_at - later < timedelta(minutes=1)) == (
        Channel.CALL, True,
    )  # fmt: skip
    begun = await story.step(await story.agent(), steps.BeginContact())
    assert begun.state.calls.contact is not None
    assert begun.state.calls.contact.taken_at is not None


async def test_a_buyer_who_wants_no_contact_is_not_called_any_more(tell_refund: TellRefund) -> None:
    story = await tell_refund()
    who = await due(story)
    await story.step(who, steps.StopContact(signal=StopSignal.BUYER_OPT_OUT))
    await story.pass_time(timedelta(days=1))
    state = await story.settled()
    assert (state.calls.contact, state.calls.stopped) == (None, StopSignal.BUYER_OPT_OUT)


async def test_a_call_that_was_planned_is_dropped_once_the_buyer_was_asked_in_a_chat(tell_refund: TellRefund) -> None:
    story = await tell_refund()
    await story.until(lambda case: case.calls.contact is not None)
    await story.step(await story.agent(), steps.RecordReason(cause="quality.broken"))
    state = await story.settled()
    assert (state.calls.contact, stage_of(state)) == (None, RefundStage.DECIDING)


async def test_who_was_on_the_phone_when_contact_was_stopped_still_says_how_it_went(
    tell_refund: TellRefund, keep_history: Keep
) -> None:
    story = await tell_refund()
    who = await due(story)
    await story.step(who, steps.BeginContact())
    await story.step(who, steps.StopContact(signal=StopSignal.BUYER_OPT_OUT))
    logged = await story.step(who, steps.LogContact(result=CallResult.CONNECTED, talk=TalkOutcome.REFUSED_FIRMLY))
    await story.pass_time(timedelta(days=1))
    state = await story.settled()
    assert (state.calls.contact, state.calls.stopped) == (None, StopSignal.BUYER_OPT_OUT)
    assert [attempt.talk for attempt in logged.state.calls.attempts] == [TalkOutcome.REFUSED_FIRMLY]
    await keep_history(story.handle.id, "RefundCase.logged_after_a_stop")


async def test_what_an_applicant_writes_is_a_contact_of_theirs_and_waits_for_an_answer(
    tell_refund: TellRefund, keep_history: Keep
) -> None:
    story = await tell_refund()
    who = await story.agent()
    text = await story.house.text("杯子漏水,什么时候退钱")
    for _ in range(2):
        await story.handle.signal("buyer_wrote", BuyerMessage(by="messenger", channel=Channel.IM, text=text))
    state = await story.settled()
    assert (EscalationKind.BUYER_WROTE in state.clocks, [one.logged for one in state.calls.heard]) == (True, [True])
    async with story.house.parts.sessions() as session:
        kept = list(await session.scalars(select(ContactAttempt).where(ContactAttempt.case == story.opening.case)))
    assert [(one.outbound, one.counted, one.channel) for one in kept] == [(False, False, Channel.IM)]
    talk = steps.LogContact(
        result=CallResult.CONNECTED, talk=TalkOutcome.UNDECIDED, inbound=True, channel=Channel.IM
    )  # fmt: skip
    answered = await story.step(who, talk)
    assert EscalationKind.BUYER_WROTE not in answered.state.clocks
    await keep_history(story.handle.id, "RefundCase.heard_the_buyer")


async def test_a_call_that_a_hold_came_over_is_planned_anew_and_nobody_has_missed_it(
    tell_refund: TellRefund, keep_history: Keep
) -> None:
    story = await tell_refund()
    who = await due(story)
    await story.step(who, steps.Hold(why=await story.house.text("买家在出差")))
    await story.pass_time(timedelta(hours=4))
    resumed_at = await story.clock()
    await story.step(who, steps.Resume())
    state = await story.until(lambda case: case.calls.contact is not None and case.calls.contact.due)
    assert state.calls.contact is not None
    assert state.calls.contact.due_at >= resumed_at
    assert EscalationKind.CONTACT_MISSED not in state.clocks
    await keep_history(story.handle.id, "RefundCase.held_and_resumed")
