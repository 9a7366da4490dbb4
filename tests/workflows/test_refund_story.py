"""Refunds from the application to the end, at the sandbox's marketplace, under skipped time."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from domain.freight import Payer
from domain.refund_case import steps
from domain.refund_case.outcomes import RefundOutcome
from domain.refund_case.stages import RefundStage, stage_of
from tests.builders import House
from tests.workflows.conftest import Keep
from tests.workflows.refund_world import RefundStory, apply, opening_of, refunds_policy

TellRefund = Callable[..., Awaitable[RefundStory]]


@pytest.fixture
def tell_refund(env: WorkflowEnvironment, house: House) -> TellRefund:
    """Start the case of an application; the story goes on from there."""

    async def told(policy: dict[str, Any] | None = None, **body: Any) -> RefundStory:
        await refunds_policy(house, **(policy or {}))
        applied = await apply(house, **body)
        opening = await opening_of(house, applied, await env.get_current_time())
        story = RefundStory(house, opening, applied, env.sleep, env.get_current_time)
        await story.start()
        return story

    return told


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
