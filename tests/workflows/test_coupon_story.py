"""Coupons through the marketplace's api, as whole stories: however its calls go wrong, the buyer gets one."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from temporalio.testing import WorkflowEnvironment

from activities.marketplace_clients import Marketplaces
from db import budgets
from db.tables.coupons import CouponKind
from db.tables.money import LedgerEntry, Payout
from domain.budgets import PostingKind
from domain.offers import OfferForm
from domain.payouts import PayoutStatus
from domain.review_case import steps
from domain.review_case.outcomes import Outcome
from domain.review_case.state import ReviewCaseState
from tests.builders import House
from tests.workflows.conftest import Keep, Tell, Told

ADD, SEND = "taobao.promotion.coupon.add", "taobao.promotion.coupon.send"


async def accepted(tell: Tell, house: House, form: OfferForm = OfferForm.COUPON_DIRECT, **order: Any) -> Told:
    """Chen accepted a coupon of five yuan and amended; the next thing that happens is the coupon."""
    reviewed = await house.review(**({"buyer_nick": "chen"} | order))
    story = await tell(reviewed)
    await story.accepted(form=form)
    await story.amended(reviewed)
    return story


async def at_the_marketplace(house: House) -> list[dict[str, Any]]:
    return [one for one in await house.sandbox.get("/control/coupons") if one["shop"] == house.seller]


async def row_of(story: Told, number: int = 0) -> Payout:
    async with story.house.parts.sessions() as session:
        return await session.get_one(Payout, (await story.view()).payouts[number].key)


async def given_once(story: Told) -> ReviewCaseState:
    """Case, row, ledger, quota and marketplace agree that one coupon of five yuan was given."""
    state = await story.closed()
    (coupon,) = await at_the_marketplace(story.house)
    async with story.house.parts.sessions() as session:
        paid = [row for row in await session.scalars(select(Payout)) if row.status == "paid"]
        lines = {line.account: line.amount_fen for line in await session.scalars(select(LedgerEntry))}
        reserved = await budgets.reservation_of(session, state.opening.case, 1)
    form = state.offers[0].form
    assert reserved is not None
    assert (state.outcome, reserved.settled) == (Outcome.AMENDED_PAID, PostingKind.SPEND)
    assert [(row.provider_order, row.amount_fen) for row in paid] == [(coupon["coupon_number"], coupon["face_fen"])]
    assert lines == {f"given:{form}": -500, f"compensation:{story.house.shop}": 500}
    return state


async def given_behind_our_back(house: House) -> None:
    """The broken call arrives only now."""
    async with house.parts.sessions() as session:
        (kind,) = list(await session.scalars(select(CouponKind)))
    assert kind.coupon_id is not None
    market = await Marketplaces(house.parts.settings, house.parts.sessions, house.parts.http).of(house.shop)
    await market.coupons.give(kind.coupon_id, "chen")


def stands(status: PayoutStatus, state: ReviewCaseState) -> bool:
    return bool(state.payouts) and state.payouts[-1].status is status


@pytest.mark.covers(64, 66, 67)
async def test_a_coupon_goes_through_the_marketplaces_api_to_the_orders_buyer(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    story = await accepted(tell, house)
    state = await given_once(story)
    await keep_history(f"payout:{state.payouts[0].key}", "Payout.coupon_given")


@pytest.mark.covers(66)
async def test_a_coupon_with_a_threshold_counts_from_ten_times_its_value_on(tell: Tell, house: House) -> None:
    await given_once(await accepted(tell, house, OfferForm.COUPON_THRESHOLD))
    (coupon,) = await at_the_marketplace(house)
    assert (coupon["face"], coupon["condition"]) == ("5.00", "50.00")


@pytest.mark.covers(200)
@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("timeout_after", {"seconds": 5}),
        ("http_500", {"after": True}),
        ("nonsense", {"after": True}),
        ("dealing", {"seconds": 2}),
    ],
)
async def test_a_coupon_whose_answer_got_lost_is_looked_for_and_never_given_twice(
    tell: Tell, house: House, kind: str, more: dict[str, Any]
) -> None:
    await house.sandbox.fault(SEND, kind, **more)
    story = await accepted(tell, house)
    await story.until(lambda case: bool(case.payouts))
    state = await given_once(story)
    row = await row_of(story)
    assert (row.sends, len(state.payouts)) == (1, 1)
    assert row.queries >= 1


@pytest.mark.covers(200)
async def test_a_coupon_that_nobody_ever_sees_is_a_persons_to_look_up_and_is_not_given_again_before(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    await house.sandbox.fault(SEND, "timeout_before", seconds=5)
    story = await accepted(tell, house)
    stuck = await story.until(lambda case: bool(case.payouts) and case.payouts[-1].person_at is not None)
    key = stuck.payouts[0].key
    assert stands(PayoutStatus.UNKNOWN, stuck)
    assert await at_the_marketplace(house) == []
    word = steps.DecidePayout(payout=key, paid=False, why=await house.text("后台查过,没有发出"))
    await story.step("fay", word)
    await story.until(lambda case: stands(PayoutStatus.FAILED, case))
    await story.step("fay", steps.MendPayout(payout=key, action=steps.MendAction.PAY_ANEW))
    state = await given_once(story)
    assert len({payout.key for payout in state.payouts}) == 2
    await keep_history(f"payout:{key}", "Payout.coupon_looked_up_by_a_person")


async def test_what_the_marketplace_shows_beats_the_word_of_a_person(tell: Tell, house: House) -> None:
    await house.sandbox.fault(SEND, "timeout_before", seconds=5)
    story = await accepted(tell, house)
    stuck = await story.until(lambda case: bool(case.payouts) and case.payouts[-1].person_at is not None)
    await given_behind_our_back(house)
    word = steps.DecidePayout(payout=stuck.payouts[0].key, paid=False, why=await house.text("没看到"))
    await story.step("fay", word)
    await given_once(story)


@pytest.mark.covers(66)
async def test_a_buyer_in_the_failure_list_got_none_although_the_call_succeeded(tell: Tell, house: House) -> None:
    await house.sandbox.fault(SEND, "balance")
    story = await accepted(tell, house)
    failed = await story.until(lambda case: stands(PayoutStatus.FAILED, case))
    row = await row_of(story)
    assert (row.code, row.said, row.closed) == ("COUPON_REFUSED", "优惠券发放数量超限", False)
    assert "优惠券" not in str([event.facts for event in await story.events()])
    await story.step("fay", steps.MendPayout(payout=failed.payouts[0].key, action=steps.MendAction.SEND_AGAIN))
    await given_once(story)


async def test_a_refused_coupon_that_is_cancelled_gives_its_quota_back(tell: Tell, house: House) -> None:
    await house.sandbox.fault(SEND, "balance")
    story = await accepted(tell, house)
    failed = await story.until(lambda case: stands(PayoutStatus.FAILED, case))
    await story.step("fay", steps.MendPayout(payout=failed.payouts[0].key, action=steps.MendAction.CANCEL))
    state = await story.until(lambda case: stands(PayoutStatus.CANCELLED, case))
    async with house.parts.sessions() as session:
        reserved = await budgets.reservation_of(session, state.opening.case, 1)
    assert reserved is not None
    assert reserved.settled is PostingKind.RELEASE
    assert await at_the_marketplace(house) == []


async def test_a_marketplace_that_counts_our_calls_is_waited_for(tell: Tell, house: House) -> None:
    await house.sandbox.fault(SEND, "rate_limit", seconds=1)
    story = await accepted(tell, house)
    await story.until(lambda case: stands(PayoutStatus.PAID, case), timedelta(days=2))
    assert (await given_once(story)).payouts[0].code is None


async def test_a_kind_whose_making_was_never_answered_is_found_and_not_made_again(tell: Tell, house: House) -> None:
    await house.sandbox.fault(ADD, "http_500", after=True)
    await given_once(await accepted(tell, house))
    async with house.parts.sessions() as session:
        (kind,) = list(await session.scalars(select(CouponKind)))
    (coupon,) = await at_the_marketplace(house)
    assert kind.coupon_id == coupon["coupon_id"]


async def test_a_masked_buyer_gets_no_coupon_until_somebody_decides(
    tell: Tell, house: House, env: WorkflowEnvironment
) -> None:
    reviewed = await house.review()
    story = await tell(reviewed, await house.opening(reviewed, await env.get_current_time(), nick="c***n"))
    await story.accepted(form=OfferForm.COUPON_DIRECT)
    await story.amended(reviewed)
    await story.until(lambda case: stands(PayoutStatus.FAILED, case))
    row = await row_of(story)
    assert (row.code, row.remedy, row.sends) == ("BUYER_MASKED", "stop_and_alarm", 0)
