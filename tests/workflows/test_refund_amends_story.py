"""Alternatives to a refund that the shop pays for, at the sandbox's marketplace and wallet, under skipped time."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select
from temporalio.client import WorkflowUpdateFailedError

from db import budgets
from db.buyers import keep_payee
from db.tables.money import LedgerEntry
from db.tables.refunds import Refund
from domain.offers import OfferForm
from domain.payouts import PayoutStatus
from domain.refund_case import steps
from domain.refund_case.outcomes import RefundOutcome
from domain.refund_case.stages import RefundStage, stage_of
from domain.refund_case.state import RefundCaseState
from domain.review_case.state import OfferStatus
from domain.sealed import PayeeRef
from tests.workflows.conftest import Keep, TellRefund
from tests.workflows.refund_world import STUCK_AFTER_SECONDS, RefundStory
from tests.workflows.test_review_story import code_of


async def account(story: RefundStory) -> PayeeRef:
    """Chen's own, as the api enters it."""
    parts = story.house.parts
    async with parts.sessions.begin() as session:
        row = await session.get_one(Refund, UUID(story.opening.refund_row))
        assert row.buyer is not None
        return await keep_payee(
            session, parts.ring, row.buyer, "ALIPAY_LOGON_ID", "chen@example.com", "陈晓", "alice", datetime.now(UTC)
        )


async def agreed_on(story: RefundStory, fen: int = 900) -> str:
    """The buyer keeps the goods for a part of the money; above the agent's right somebody else approved it."""
    who = await story.agent()
    await story.step(who, steps.RecordReason(cause="quality.broken"))
    await story.step(who, steps.Explain(about=["usage"]))
    made = await story.step(
        who, steps.Propose(alternative="partial_refund", form=OfferForm.CASH_ALIPAY, amount_fen=fen)
    )
    if not made.state.offers[-1].approved:
        await story.step("bob", steps.Approve(offer=1, amount_fen=fen))
    await story.step(who, steps.AnswerProposal(accepted=True))
    return who


async def paid(story: RefundStory) -> RefundCaseState:
    """Once the wallet has paid; its workflow reports in its own time."""
    async with asyncio.timeout(STUCK_AFTER_SECONDS):
        while True:
            state = await story.view()
            if state.payout is not None and state.payout.status is PayoutStatus.PAID:
                return state
            await asyncio.sleep(0.01)


@pytest.mark.covers(106, 110, 121)
async def test_a_part_is_paid_by_the_wallet_once_the_buyer_has_withdrawn(
    tell_refund: TellRefund, keep_history: Keep
) -> None:
    story = await tell_refund(with_return=False)
    who = await agreed_on(story)
    await story.step(who, steps.SetPayee(payee=await account(story)))
    assert stage_of(await story.settled()) is RefundStage.AWAITING_BUYER
    assert (await story.view()).payouts == []
    await story.buyer("withdraw")
    await story.told()
    await paid(story)
    state = await story.closed()
    assert (state.outcome, state.refunded_fen) == (RefundOutcome.KEPT, 0)
    [payout] = state.payouts
    assert [one["amount"] for one in await story.house.sandbox.transfers(payout.key)] == ["9.00"]
    async with story.house.parts.sessions() as session:
        lines = list(
            await session.scalars(select(LedgerEntry.amount_fen).where(LedgerEntry.case == state.opening.case))
        )
        kept = await budgets.reservation_of(session, state.opening.case, 1)
    assert sorted(lines) == [-900, 900]
    assert kept is not None
    assert not kept.live
    assert (await story.line()).loss_fen == 900
    told = [event.kind for event in await story.events()][-2:]
    assert told == ["notice_sent", "closed"]
    await keep_history(story.handle.id, "RefundCase.kept_for_a_part")


async def test_a_buyer_who_asks_for_the_whole_after_all_gets_it_by_the_order_and_nothing_beside(
    tell_refund: TellRefund,
) -> None:
    story = await tell_refund({"executed_by": "service"}, with_return=False)
    who = await agreed_on(story)
    await story.step(who, steps.SetPayee(payee=await account(story)))
    await story.step(who, steps.Agree())
    state = await story.closed()
    assert (state.outcome, state.payouts) == (RefundOutcome.REFUNDED, [])
    assert (state.offers[0].status, state.offers[0].released) == (OfferStatus.EXPIRED, True)
    async with story.house.parts.sessions() as session:
        kept = await budgets.reservation_of(session, state.opening.case, 1)
    assert kept is not None
    assert not kept.live


async def test_the_whole_is_never_offered_beside_the_order_nor_what_is_given_by_hand(tell_refund: TellRefund) -> None:
    story = await tell_refund(with_return=False)
    who = await story.agent()
    await story.step(who, steps.RecordReason(cause="quality.broken"))
    whole = steps.Propose(alternative="partial_refund", form=OfferForm.CASH_ALIPAY, amount_fen=8900)
    with pytest.raises(WorkflowUpdateFailedError) as above:
        await story.step(who, whole)
    assert code_of(above) == "AmountAbovePaid"
    assert (await story.view()).offers == []


@pytest.mark.covers(106, 110)
async def test_a_buyer_keeps_the_goods_for_a_coupon_which_the_marketplace_gives_them_once(
    tell_refund: TellRefund,
) -> None:
    story = await tell_refund(with_return=False, buyer_nick="chen")
    who = await story.agent()
    await story.step(who, steps.RecordReason(cause="personal.dislike"))
    offer = steps.Propose(alternative="keep_with_coupon", form=OfferForm.COUPON_DIRECT, amount_fen=500)
    made = await story.step(who, offer)
    if not made.state.offers[-1].approved:
        await story.step("bob", steps.Approve(offer=1, amount_fen=500))
    await story.step(who, steps.AnswerProposal(accepted=True))
    await story.buyer("withdraw")
    await story.told()
    await paid(story)
    state = await story.closed()
    coupons = [one for one in await story.house.sandbox.get("/control/coupons") if one["shop"] == story.house.seller]
    assert [one["face_fen"] for one in coupons] == [500]
    assert (state.outcome, state.offers[0].status) == (RefundOutcome.KEPT, OfferStatus.FULFILLED)
