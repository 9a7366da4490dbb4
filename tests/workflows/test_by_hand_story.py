"""Amends that a person gives by hand, as whole stories: one gate, one row, one ledger with what a wallet sends."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from db import budgets
from db.policy_rows import policy_in_force, put_policy
from db.tables.money import LedgerEntry, Payout
from domain.budgets import PostingKind
from domain.contact_terms import CallResult, TalkOutcome
from domain.escalation import EscalationKind
from domain.offers import OfferForm
from domain.payouts import PayoutStatus
from domain.review_case import steps
from domain.review_case.outcomes import Outcome
from domain.review_case.state import ReviewCaseState
from tests.builders import House
from tests.workflows.conftest import Keep, Tell, Told

WAITING = EscalationKind.FULFILMENT_WAITING


async def waits_for_a_hand(tell: Tell, house: House, form: OfferForm) -> Told:
    """Accepted and amended: the gate let it through, and nobody has given it yet."""
    reviewed = await house.review()
    story = await tell(reviewed)
    who = await story.accepted(form=form)
    await story.step(who, steps.SetDelivery(to=await house.text("陈晓 杭州市文三路 1 号")))
    await story.amended(reviewed)
    await story.until(lambda case: bool(case.payouts))
    return story


def told_of(status: PayoutStatus, state: ReviewCaseState) -> bool:
    return bool(state.payouts) and state.payouts[-1].status is status


@pytest.mark.covers(64, 65, 201)
async def test_a_small_payment_is_spent_and_posted_once_its_proof_was_looked_at(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    story = await waits_for_a_hand(tell, house, OfferForm.PLATFORM_SMALL_PAYMENT)
    proof = await house.text("卖家中心截图:小额打款 5.00 已到账")
    await story.step("fay", steps.FulfilOffer(offer=1, text=proof, reference="XE20261121"))
    await story.until(lambda case: told_of(PayoutStatus.SENDING, case))
    await story.step("lee", steps.CheckFulfilment(offer=1, shown=True))
    state = await story.closed()
    async with house.parts.sessions() as session:
        row = await session.get_one(Payout, state.payouts[0].key)
        lines = {line.account: line.amount_fen for line in await session.scalars(select(LedgerEntry))}
        reserved = await budgets.reservation_of(session, state.opening.case, 1)
    assert reserved is not None
    assert (state.outcome, row.status, reserved.settled) == (Outcome.AMENDED_PAID, "paid", PostingKind.SPEND)
    assert (row.given_by, row.checked_by) == (house.people["fay"], house.people["lee"])
    assert (row.proof, row.provider_order) == (proof.digest, "XE20261121")
    assert lines == {"given:platform_small_payment": -500, f"compensation:{house.shop}": 500}
    await keep_history(f"payout:{row.key}", "Payout.given_by_hand")


async def test_a_gift_that_nobody_sends_escalates_and_once_cancelled_gives_its_money_back(
    tell: Tell, house: House
) -> None:
    story = await waits_for_a_hand(tell, house, OfferForm.GIFT_PARCEL)
    late = await story.until(lambda case: len(case.clocks[WAITING].told) == 2, timedelta(days=4))
    told = [event.facts["told"] for event in await story.events() if event.facts.get("what") == WAITING]
    assert told[0] == [house.people["wang"]]
    assert house.people["lee"] in told[1]
    await story.step("fay", steps.MendPayout(payout=late.payouts[0].key, action=steps.MendAction.CANCEL))
    await story.until(lambda case: told_of(PayoutStatus.CANCELLED, case))
    async with house.parts.sessions() as session:
        reserved = await budgets.reservation_of(session, late.opening.case, 1)
    assert reserved is not None
    assert reserved.settled is PostingKind.RELEASE


@pytest.mark.covers(83)
async def test_a_case_solved_by_explaining_ends_with_a_member_level_as_thanks(tell: Tell, house: House) -> None:
    reviewed = await house.review()
    story = await tell(reviewed)
    who = await story.call(CallResult.CONNECTED, TalkOutcome.AGREED_AMEND, explained=True)
    await story.step(who, steps.ConfirmCause(cause="quality.broken"))
    await story.amended(reviewed)
    await story.until(lambda case: case.follow_up is not None)
    await story.step(who, steps.GiveThanks(form=OfferForm.MEMBER_LEVEL_UP))
    await story.until(lambda case: bool(case.payouts))
    await story.step(who, steps.FulfilOffer(offer=1, text=await house.text("已升为银卡会员")))
    state = await story.closed()
    async with house.parts.sessions() as session:
        lines = {line.account: line.amount_fen for line in await session.scalars(select(LedgerEntry))}
    assert (state.outcome, state.payouts[0].status) == (Outcome.AMENDED_UNPAID, PayoutStatus.PAID)
    assert lines == {"given:member_level_up": -300, f"compensation:{house.shop}": 300}


@pytest.mark.covers(66)
async def test_where_the_marketplace_has_no_api_for_coupons_a_person_gives_them(tell: Tell, house: House) -> None:
    now = await house.sandbox_time()
    async with house.parts.sessions.begin() as session:
        document = (await policy_in_force(session, "platforms", None)).document.model_dump(mode="json", by_alias=True)
        document["platforms"]["sandbox"]["coupon_api"] = False
        await put_policy(session, "platforms", house.shop, document, "tests", "no api", now)
    story = await waits_for_a_hand(tell, house, OfferForm.COUPON_DIRECT)
    proof = await house.text("卖家中心截图:优惠券已发")
    await story.step("lee", steps.FulfilOffer(offer=1, text=proof))
    await story.step("fay", steps.CheckFulfilment(offer=1, shown=True))
    state = await story.closed()
    assert state.payouts[0].status is PayoutStatus.PAID
    assert [one for one in await house.sandbox.get("/control/coupons") if one["shop"] == house.seller] == []
