"""Cases on marketplaces that no machine of ours reads: a second person verifies, with proof, and replies by hand."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from temporalio.client import WorkflowUpdateFailedError

from db import office
from domain.contact_terms import CallResult, StopSignal, TalkOutcome
from domain.platforms import AmendMode, Platform
from domain.review_case import steps
from domain.review_case.outcomes import Outcome
from domain.review_case.state import OfferStatus, ReplyStatus
from tests.builders import CAST, House, Reviewed
from tests.workflows.conftest import Tell, Told
from tests.workflows.test_review_story import code_of

UNREAD = [Platform.PINDUODUO, Platform.DOUYIN, Platform.JD, Platform.KUAISHOU]
MODE = {
    Platform.PINDUODUO: AmendMode.APPEND,
    Platform.DOUYIN: AmendMode.SCORE_ONLY,
    Platform.JD: AmendMode.DELETE,
    Platform.KUAISHOU: AmendMode.APPEND,
}


async def elsewhere(house: House, platform: Platform) -> House:
    """The same people with a second shop, on a marketplace without a review api; money repairs, whatever the review."""
    now, code = datetime.now(UTC), f"{house.shop}-{platform.replace('_', '-')}"
    async with house.parts.sessions.begin() as session:
        await office.add_shop(
            session, "tests", now, code=code, name="别处的店", platform=platform, jurisdiction="CN",
            gate_mode="on_resolution", cut_off_at=now - timedelta(days=60), intake=False,
        )  # fmt: skip
        for name in ("alice", "bob", "lee"):
            for role in CAST[name]:
                await office.grant(session, "tests", now, UUID(house.people[name]), role, code)
    return replace(house, shop=code, platform=platform)


async def review_there(tell: Tell, house: House, platform: Platform) -> Told:
    """The case of a review that somebody read in the marketplace's console and reported."""
    other = await elsewhere(house, platform)
    order = secrets.token_hex(8)
    reviewed = Reviewed(order, order, "用了一次就坏了,质量堪忧", "bad", {})
    story = await tell(opening=await other.opening(reviewed, datetime.now(UTC)))
    await story.until(lambda case: case.assignee is not None)
    assert await story.agent() == "alice", "the only agent there"
    return story


@pytest.mark.covers(87, 89, 207)
@pytest.mark.parametrize("platform", UNREAD)
async def test_an_amendment_is_confirmed_by_a_second_person_with_proof(
    tell: Tell, house: House, platform: Platform
) -> None:
    story = await review_there(tell, house, platform)
    confirm = steps.ConfirmAmended(mode=MODE[platform], evidence=await house.text("截图 11-21 15:02"))
    with pytest.raises(WorkflowUpdateFailedError) as own:
        await story.step("alice", confirm)
    assert code_of(own) == "SecondPersonNeeded"
    await story.step("bob", confirm)
    state = await story.closed()
    assert state.outcome is Outcome.AMENDED_UNPAID
    assert state.amendment is not None
    assert (state.amendment.by, state.amendment.mode) == (house.people["bob"], MODE[platform])
    assert not state.readings


async def test_whoever_made_the_offer_does_not_confirm_what_it_brought(tell: Tell, house: House) -> None:
    story = await review_there(tell, house, Platform.PINDUODUO)
    await story.call(CallResult.CONNECTED, TalkOutcome.UNDECIDED, explained=True)
    await story.step("bob", steps.MakeOffer(amount_fen=500))
    confirm = steps.ConfirmAmended(mode=AmendMode.APPEND, evidence=await house.text("截图"))
    with pytest.raises(WorkflowUpdateFailedError) as maker:
        await story.step("bob", confirm)
    assert code_of(maker) == "SecondPersonNeeded"
    answer = await story.step("lee", confirm)
    assert answer.state.amendment is not None
    assert answer.state.offers[0].status is OfferStatus.MADE


async def test_a_mode_that_the_marketplace_does_not_have_is_refused(tell: Tell, house: House) -> None:
    story = await review_there(tell, house, Platform.PINDUODUO)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await story.step("lee", steps.ConfirmAmended(mode=AmendMode.DELETE, evidence=await house.text("截图")))
    assert code_of(refused) == "WrongStage"


async def test_the_public_reply_is_posted_by_hand_and_said_so(tell: Tell, house: House) -> None:
    story = await review_there(tell, house, Platform.JD)
    await story.step("bob", steps.StopContact(signal=StopSignal.BUYER_OPT_OUT))
    await story.until(lambda case: case.reply is not None and case.reply.status is ReplyStatus.PREPARED)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await story.step("bob", steps.PostReply())
    assert code_of(refused) == "WrongStage"
    await story.step("bob", steps.PostReply(by_hand=True))
    state = await story.closed()
    assert state.reply is not None
    assert (state.reply.status, state.reply.by_hand) == (ReplyStatus.POSTED, True)


@pytest.mark.covers(91)
async def test_on_douyin_a_buyers_fourth_score_in_60_days_is_known_not_to_count(tell: Tell, house: House) -> None:
    other, now = await elsewhere(house, Platform.DOUYIN), datetime.now(UTC)
    openings = []
    for days in (85, 40, 30, 20, 0):
        order = secrets.token_hex(8)
        reviewed = Reviewed(order, order, "一般般", "bad", {})
        openings.append(await other.opening(reviewed, now - timedelta(days=days)))
    third, fourth = [await tell(opening=one) for one in openings[-2:]]
    states = [await one.until(lambda case: case.identity is not None) for one in (third, fourth)]
    opened = {event.kind: event.facts for event in await fourth.events()}["opened"]

    assert [state.identity.score_counts for state in states if state.identity] == [True, False]
    assert opened["score_counts"] is False
