"""The public reply on a marketplace that times out, refuses, or has it already: it stands there once."""

import dataclasses
from datetime import UTC, datetime

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.testing import ActivityEnvironment

from activities.marketplace import MarketplaceActivities, ReplyNotVisible
from activities.marketplace_clients import Marketplaces
from activities.policies import Policies
from activities.reply_requests import PostReplyRequest
from domain.contact_terms import StopSignal
from domain.outgoing import Cleared
from domain.review_case import steps
from domain.review_case.outcomes import Outcome
from domain.review_case.state import ReplyStatus
from tests.builders import House, Reviewed
from tests.workflows.conftest import Tell, Told
from tests.workflows.test_review_story import code_of

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
    await market.reviews.reply(reviewed.oid, Cleared(words))


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


async def test_a_reply_that_the_list_does_not_show_yet_is_waited_for_and_never_taken_for_refused(house: House) -> None:
    reviewed = await house.review()
    opening, text = await house.opening(reviewed), await house.text("抱歉,已补发配件")
    market, asked = doors(house), reply_to(house, opening.review_row, opening.case, text.id)
    await house.sandbox.post("/control/limits", reply_shows_after_seconds=3600)
    try:
        for attempt in (1, 2, 1):
            with pytest.raises(ReplyNotVisible):
                await attempted(attempt).run(market.post_reply, asked)
    finally:
        await house.sandbox.post("/control/limits", reply_shows_after_seconds=0)
    assert (await attempted(2).run(market.post_reply, asked)).posted
    assert await standing(house, reviewed) == "抱歉,已补发配件"


def attempted(attempt: int) -> ActivityEnvironment:
    """Where an activity is tried for this time."""
    env = ActivityEnvironment()
    env.info = dataclasses.replace(env.info, attempt=attempt)
    return env


def doors(house: House) -> MarketplaceActivities:
    parts, policies = house.parts, Policies()
    markets = Marketplaces(parts.settings, parts.sessions, parts.http, policies)
    return MarketplaceActivities(parts.sessions, markets, policies)


def reply_to(house: House, review_row: str, case: str, text: str) -> PostReplyRequest:
    return PostReplyRequest(case=case, shop=house.shop, review_row=review_row, text=text, now=datetime.now(UTC))


async def test_words_that_may_not_stand_in_public_stop_at_the_last_door(house: House) -> None:
    """Whatever way they came: before a marketplace is called its words are looked at once more."""
    reviewed = await house.review()
    opening, text = await house.opening(reviewed), await house.text("抱歉,请加微信 yunfan888")
    asked = reply_to(house, opening.review_row, opening.case, text.id)
    found = await ActivityEnvironment().run(doors(house).post_reply, asked)
    assert (found.posted, found.unfit, "account" in found.why) == (False, True, True)
    assert await standing(house, reviewed) is None


async def test_a_persons_own_words_are_refused_with_better_ones(tell: Tell, house: House) -> None:
    story = await prepared(tell, await house.review())
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await story.step("bob", steps.PostReply(text=await house.text("抱歉,改好评返现")))
    assert code_of(refused) == "ReplyUnfit"
    assert "instead: 问题我们会处理好" in str(refused.value.cause)
    with pytest.raises(WorkflowUpdateFailedError) as untrue:
        await story.step("bob", steps.PostReply(text=await house.text("抱歉,我们已为陈晓退款,13800138000")))
    said = str(untrue.value.cause)
    assert all(code in said for code in ("not_shown_refunded", "buyer_data", "phone"))
    assert not any(word in said for word in ("退款,", "陈晓", "13800138000")), "the engine keeps what is answered"
