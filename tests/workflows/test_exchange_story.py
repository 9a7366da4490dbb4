"""Exchanges at the sandbox's marketplace, under skipped time: old goods come back, others go out."""

from datetime import timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError

from domain.refund_case import steps
from domain.refund_case.market import RefundKind
from domain.refund_case.outcomes import RefundOutcome
from domain.refund_case.stages import RefundStage, owner_of, stage_of
from tests.workflows.conftest import Keep, TellRefund
from tests.workflows.refund_world import RefundStory
from tests.workflows.test_review_story import code_of


async def came_back(story: RefundStory) -> None:
    """Asked, agreed to, and the old goods stand in the warehouse."""
    who = await story.agent()
    await story.step(who, steps.RecordReason(cause="quality.broken"))
    await story.step(who, steps.Agree())
    assert stage_of(await story.settled()) is RefundStage.AWAITING_RETURN
    await story.ship_back()
    await story.told()
    await story.step("wang", steps.ReceiveParcel(parcel=await story.parcel()))


@pytest.mark.covers(94, 97, 112, 126)
async def test_old_goods_come_back_and_others_go_out(tell_refund: TellRefund, keep_history: Keep) -> None:
    story = await tell_refund(exchange=True)
    await came_back(story)
    await story.step("wang", steps.Inspect(result="defective", damaged=1, photos=[await story.photo()]))
    state = await story.settled()
    assert (state.reading.kind, stage_of(state), owner_of(state)) == (
        RefundKind.EXCHANGE,
        RefundStage.RESENDING,
        "warehouse",
    )
    await story.step("wang", steps.SendGoods(shipment=await story.shipment()))
    assert stage_of(await story.settled()) is RefundStage.AWAITING_RECEIPT
    shown = await story.on_the_market()
    assert (shown["out_company"], shown["out_sid"]) == ("顺丰", "SF0000000001")
    photo = await story.photo(name="new.png")
    await story.step(await story.agent(), steps.WriteToBuyer(words=await story.house.text("今天寄出"), photo=photo))
    assert [message.status for message in (await story.settled()).messages] == ["written"]
    await story.buyer("received")
    await story.told()
    state = await story.closed()
    assert (state.outcome, state.refunded_fen) == (RefundOutcome.EXCHANGED, 0)
    done = [order.action for order in state.orders]
    assert done == ["agree_exchange", "take_goods", "send_goods"]
    await keep_history(story.handle.id, "RefundCase.exchanged")


async def test_goods_of_an_exchange_that_are_not_in_order_are_refused_with_a_picture(tell_refund: TellRefund) -> None:
    story = await tell_refund(exchange=True)
    await came_back(story)
    await story.step("wang", steps.Inspect(result="wrong_goods_returned", wrong=1))
    who = await story.agent()
    refusal = steps.Refuse(
        message=await story.house.text("退回的不是寄出的商品"), proof=await story.photo(), reason=102
    )
    await story.step(who, refusal)
    assert stage_of(await story.settled()) is RefundStage.REFUSED
    shown = await story.on_the_market()
    assert (shown["status"], shown["refuse_reason"], shown["proof_bytes"] > 0) == ("6", 102, True)


async def test_an_exchange_without_one_of_the_marketplaces_reasons_is_refused_by_hand(tell_refund: TellRefund) -> None:
    story = await tell_refund(exchange=True)
    who = await story.agent()
    await story.step(who, steps.RecordReason(cause="personal.dislike"))
    await story.step(who, steps.Refuse(message=await story.house.text("商品已使用")))
    assert stage_of(await story.settled()) is RefundStage.BY_HAND


@pytest.mark.covers(209)
@pytest.mark.usefixtures("market_clock")
async def test_an_exchange_that_nobody_minds_ends_as_the_marketplace_does_it(tell_refund: TellRefund) -> None:
    story = await tell_refund(exchange=True)
    assert stage_of(await story.let_pass()) is RefundStage.AWAITING_RETURN
    await story.ship_back()
    await story.told()
    assert stage_of(await story.let_pass()) is RefundStage.RESENDING
    await story.let_pass()
    state = await story.until(lambda case: case.outcome is not None)
    assert state.outcome is RefundOutcome.NOT_SENT
    moved = [event.facts["by"] for event in await story.events() if event.kind == "status_changed"]
    assert moved == ["platform", "others", "platform", "platform"]


async def test_a_photo_that_is_none_or_too_large_is_named_and_nothing_is_lost(tell_refund: TellRefund) -> None:
    story = await tell_refund(exchange=True)
    await came_back(story)
    script = await story.photo(b"#!/bin/sh\necho photo", "photo.txt")
    with pytest.raises(WorkflowUpdateFailedError) as no_photo:
        await story.step("wang", steps.Inspect(result="defective", damaged=1, photos=[script]))
    with pytest.raises(WorkflowUpdateFailedError) as unknown:
        await story.step("wang", steps.Inspect(result="defective", damaged=1, photos=["nonsense"]))
    assert (code_of(no_photo), code_of(unknown)) == ("NotAPhoto", "NotFound")
    await story.step("wang", steps.Inspect(result="empty_parcel", missing=1))
    large = await story.photo(b"\x89PNG\r\n\x1a\n" + bytes(600_000))
    who = await story.agent()
    refusal = steps.Refuse(message=await story.house.text("包裹为空"), proof=large, reason=103)
    with pytest.raises(WorkflowUpdateFailedError) as too_large:
        await story.step(who, refusal)
    assert code_of(too_large) == "PhotoTooLarge"
    assert stage_of(await story.settled()) is RefundStage.DISPUTING


async def test_an_exchange_waits_longer_than_a_day_without_being_forgotten(tell_refund: TellRefund) -> None:
    story = await tell_refund(exchange=True)
    await story.agent()
    before = (await story.settled()).read_at
    await story.pass_time(timedelta(days=1, hours=1))
    after = (await story.settled()).read_at
    assert before is not None
    assert after is not None
    assert after > before
