"""Paid, amended, and bad again: the case hears of it, tells it, and leaves the buyer alone."""

import pytest
from sqlalchemy import func, select

from db.tables.contacts import ContactAttempt
from db.tables.reversals import ReversalRow
from domain.review_case import steps
from domain.review_case.outcomes import Outcome
from domain.review_case.reply import ReplyStatus
from tests.builders import House
from tests.workflows.conftest import Keep, Tell, Told
from tests.workflows.test_follow_up_story import solved


async def contacts(house: House) -> int:
    async with house.parts.sessions() as session:
        return await session.scalar(select(func.count(ContactAttempt.id))) or 0


@pytest.mark.covers(76, 207)
async def test_a_buyer_who_takes_the_amendment_back_after_payment_is_noted_and_never_chased(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    story, reviewed = await solved(tell, house, paid=True)
    before, made = await story.view(), await contacts(house)
    await house.sandbox.post(f"/control/reviews/{reviewed.oid}", result="bad", push=False)
    await story.handle.signal("review_changed")
    await story.closed()
    again = Told(house, story.opening.model_copy(update={"run": 2}), story.pass_time, story.clock)
    await again.until(lambda case: case.reply is not None and case.reply.status is ReplyStatus.PREPARED)
    await again.step("bob", steps.SkipReply(why=await house.text("已回复过其他买家")))
    state = await again.closed()
    assert (state.outcome, state.contacts_planned, await contacts(house)) == (
        Outcome.REVERSED,
        before.contacts_planned,
        made,
    )
    async with house.parts.sessions() as session:
        row = await session.get_one(ReversalRow, state.opening.case)
    assert (row.paid_fen, row.run) == (500, 2)
    later = await (await tell()).settled()
    assert later.buyer_reversals == 1, "whoever makes the next offer to this buyer sees it"
    await keep_history(again.handle.id, "ReviewCase.reversed_after_payment")
