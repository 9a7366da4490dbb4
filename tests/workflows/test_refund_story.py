"""Refunds from the application to the end, at the sandbox's marketplace, under skipped time."""

from datetime import timedelta
from uuid import UUID

import pytest

from db.reads.queue import MOVERS, list_queue
from domain.freight import Payer
from domain.people import Role
from domain.refund_case import steps
from domain.refund_case.outcomes import RefundOutcome
from domain.refund_case.stages import RefundStage, stage_of
from tests.builders import CAST
from tests.workflows.conftest import Keep, TellRefund
from tests.workflows.refund_world import RefundStory
from workflows.refund_case import RefundCase


@pytest.mark.covers(94, 96, 97, 112, 113, 116)
async def test_goods_come_back_are_inspected_and_paid_by_finance(tell_refund: TellRefund, keep_history: Keep) -> None:
    story = await tell_refund()
    who = await story.agent()
    await story.step(who, steps.RecordReason(cause="quality.broken", words=await story.house.text("杯盖漏水")))
    await story.step(who, steps.Explain(about=["usage"]))
    await story.step(who, steps.Agree())
    state = await story.settled()
    assert (stage_of(state), state.freight and state.freight.back) == (RefundStage.AWAITING_RETURN, Payer.SELLER)
    shown = await story.on_the_market()
    assert (shown["status"], shown["address"]) == ("WAIT_BUYER_RETURN_GOODS", "浙江省杭州市余杭区仓库路1号")
    await story.ship_back()
    assert (await story.told()).reading.shipment is not None
    await story.step("wang", steps.ReceiveParcel(parcel=await story.parcel()))
    await story.step("wang", steps.Inspect(result="opened_intact", good=1))
    assert (await story.line()).owner == "finance"
    await story.step("fay", steps.ReleaseRefund(amount_fen=8900))
    state = await story.closed()
    assert (state.outcome, state.refunded_fen) == (RefundOutcome.REFUNDED, 8900)
    assert (await story.on_the_market())["status"] == "SUCCESS"
    line = await story.line()
    assert (line.stage, line.inspection, line.freight_back) == ("closed", "opened_intact", "seller")
    kinds = [event.kind for event in await story.events()]
    assert kinds[0] == "refund_opened"
    assert kinds[-2:] == ["notice_sent", "closed"]
    await keep_history(story.handle.id, "RefundCase.returned_and_paid_back")


@pytest.mark.covers(95, 98, 209)
@pytest.mark.usefixtures("market_clock")
async def test_deadlines_that_nobody_minds_are_let_pass_on_record_and_the_marketplace_acts(
    tell_refund: TellRefund, keep_history: Keep
) -> None:
    story = await tell_refund()
    assert stage_of(await story.let_pass()) is RefundStage.AWAITING_RETURN
    await story.ship_back()
    await story.told()
    await story.let_pass()
    state = await story.closed()
    assert (state.outcome, state.goods.received_at) == (RefundOutcome.REFUNDED_BY_PLATFORM, None)
    events = await story.events()
    let_pass = [event.facts["reason"] for event in events if event.kind == "deadline_let_pass"]
    told = [event.facts["role"] for event in events if event.kind == "deadline_warned"]
    assert (let_pass.count("the shop has set no rule"), told[:3]) == (2, ["agent", "lead", "supervisor"])
    assert {event.facts["by"] for event in events if event.kind == "status_changed"} == {"platform", "others"}
    await keep_history(story.handle.id, "RefundCase.left_to_the_platform")


@pytest.mark.covers(98, 209)
async def test_the_shops_rule_acts_before_the_marketplace_and_a_person_enters_its_code(tell_refund: TellRefund) -> None:
    rule = {"safe": {"asked": "agree", "returned": "refund", "up_to_fen": 300_000}}
    story = await tell_refund(rule, price="2500.00", with_return=False)
    deadline = (await story.settled()).watch
    assert deadline is not None
    await story.until(lambda case: stage_of(case) is RefundStage.ENTERING_CODE)
    assert deadline.deadline.at - await story.clock() >= timedelta(minutes=30)
    await story.step("fay", steps.EnterCode(code=await story.house.text("482913")))
    state = await story.until(lambda case: case.outcome is not None)
    assert (state.outcome, state.refunded_fen) == (RefundOutcome.REFUNDED, 250_000)


async def test_an_agreement_to_what_the_buyer_changed_meanwhile_is_void_and_not_forced(
    tell_refund: TellRefund,
) -> None:
    story = await tell_refund({"executed_by": "service"}, with_return=False)
    who = await story.agent()
    await story.step(who, steps.RecordReason(cause="quality.broken"))
    change = {"amount": "30.00", "reason": "商品质量问题"}
    await story.house.sandbox.post(f"/buyer/refunds/{story.applied.refund_id}/modify", **change)
    await story.step(who, steps.Agree())
    state = await story.settled()
    assert (state.order and state.order.status, state.reading.amount_fen) == ("void", 3000)
    assert (await story.on_the_market())["status"] == "WAIT_SELLER_AGREE"
    await story.step(who, steps.Agree())
    assert (await story.until(lambda case: case.outcome is not None)).refunded_fen == 3000


async def test_a_case_goes_on_as_new_and_remembers_what_it_was_told(
    tell_refund: TellRefund, keep_history: Keep
) -> None:
    story = await tell_refund()
    who = await story.agent()
    first = await story.step(who, steps.RecordReason(cause="quality.broken"), key="once")
    await story.handle.signal(RefundCase.refresh)
    again = await story.step(who, steps.RecordReason(cause="quality.broken"), key="once")
    assert again.version == first.version
    await story.step(who, steps.Refuse(message=await story.house.text("商品已使用，影响二次销售")))
    assert stage_of(await story.settled()) is RefundStage.REFUSED
    await keep_history(story.handle.id, "RefundCase.continued_as_new")


async def queue_of(story: RefundStory, who: str) -> list[tuple[str, bool]]:
    """What stands in somebody's queue, and whether it only waits."""
    here, me = frozenset({story.house.shop}), UUID(story.house.people[who])
    desk = here if Role.AGENT in CAST[who] else frozenset[str]()
    moves = {role: here for role in CAST[who] if role in MOVERS}
    async with story.house.parts.sessions() as session:
        lines = await list_queue(session, me, desk, 10, None, asked_in=here, moves_in=moves)
    return [(line.due_what, line.waiting) for line in lines]


@pytest.mark.covers(111, 116, 199)
async def test_a_refund_stands_in_the_queue_of_whoever_has_to_move_and_only_waits_in_its_agents(
    tell_refund: TellRefund,
) -> None:
    story = await tell_refund()
    who = await story.agent()
    await story.step(who, steps.RecordReason(cause="quality.broken"))
    await story.step(who, steps.Agree())
    await story.settled()
    await story.ship_back()
    await story.told()
    await story.step("wang", steps.ReceiveParcel(parcel=await story.parcel()))
    await story.line()
    assert await queue_of(story, "wang") == [("act_before_deadline inspecting", False)]
    assert [waiting for _, waiting in await queue_of(story, who)] == [True]
    await story.step("wang", steps.Inspect(result="opened_intact", good=1))
    await story.line()
    assert await queue_of(story, "fay") == [("act_before_deadline releasing", False)]
    assert await queue_of(story, "wang") == []
    await story.step("fay", steps.ReleaseRefund(amount_fen=8900))
    await story.until(lambda case: case.outcome is not None)
    await story.line()
    assert await queue_of(story, "fay") == []
