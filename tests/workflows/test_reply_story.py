"""The public reply on a marketplace that times out, refuses, or has it already: it stands there once."""

import pytest

from activities.marketplace_clients import Marketplaces
from domain.contact_terms import StopSignal
from domain.review_case import steps
from domain.review_case.outcomes import Outcome
from domain.review_case.state import ReplyStatus
from tests.builders import House, Reviewed
from tests.workflows.conftest import Tell, Told

EXPLAIN = "taobao.traderate.explain.add"
OURS = "抱歉"


async def prepared(tell: Tell, reviewed: Reviewed) -> Told:
    """A case whose buyer wants no contact: nothing but the reply is left."""
    story = await tell(reviewed)
    await story.until(lambda case: case.assignee is not None)
    await story.step("bob", steps.StopContact(signal=StopSignal.BUYER_OPT_OUT))
    await story.until(lambda case: case.reply is not None and case.reply.status is ReplyStatus.PREPARED)
    return story


async def standing(house: House, reviewed: Reviewed) -> str | None:
    reply: str | None = (await house.sandbox.get(f"/buyer/reviews/{reviewed.oid}"))["reply"]
    return reply


async def reply_by_hand(house: House, reviewed: Reviewed, words: str) -> None:
    parts = house.parts
    market = await Marketplaces(parts.settings, parts.sessions, parts.http).of(house.shop)
    await market.reviews.reply(reviewed.oid, words)


@pytest.mark.covers(79)
async def test_a_marketplace_that_times_out_after_posting_holds_one_reply(tell: Tell, house: House) -> None:
    reviewed = await house.review()
    story = await prepared(tell, reviewed)
    await house.sandbox.fault(EXPLAIN, "timeout_after", count=1, seconds=3)
    await story.step("bob", steps.PostReply())
    state = await story.closed()
    assert state.reply is not None
    assert state.reply.status is ReplyStatus.POSTED
    assert OURS in (await standing(house, reviewed) or "")
    assert [event.kind for event in await story.events()].count("reply_posted") == 1


async def test_a_reply_that_is_refused_ends_the_case_without_one(tell: Tell, house: House) -> None:
    """The buyer has appended meanwhile, and the marketplace takes no reply after that."""
    reviewed = await house.review()
    story = await prepared(tell, reviewed)
    await house.sandbox.post(f"/buyer/reviews/{reviewed.oid}/append", content="还是坏的", negative=True)
    await story.step("bob", steps.PostReply())
    state = await story.closed()
    assert state.reply is not None
    assert state.reply.status is ReplyStatus.IMPOSSIBLE
    assert state.outcome is Outcome.STOPPED_BY_BUYER
    assert await standing(house, reviewed) is None


async def test_a_reply_posted_by_somebody_else_counts_and_is_never_followed_by_ours(tell: Tell, house: House) -> None:
    reviewed = await house.review()
    story = await prepared(tell, reviewed)
    await reply_by_hand(house, reviewed, "同事先回复了")
    await story.step("bob", steps.PostReply())
    state = await story.closed()
    assert state.reply is not None
    assert state.reply.status is ReplyStatus.POSTED
    assert await standing(house, reviewed) == "同事先回复了"
