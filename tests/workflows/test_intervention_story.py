"""The marketplace's own service in a refund, messages to the buyer, and refusals that show a picture."""

import pytest

from domain.refund_case import steps
from domain.refund_case.market import Intervention
from domain.refund_case.messages import MessageStatus
from domain.refund_case.outcomes import RefundOutcome
from domain.refund_case.stages import RefundStage, owner_of, stage_of
from tests.workflows.conftest import Keep, TellRefund
from tests.workflows.refund_world import RefundStory


async def service(story: RefundStory, what: str) -> None:
    path = f"/control/refunds/{story.applied.refund_id}/intervention"
    await story.house.sandbox.post(path, what=what)


@pytest.mark.covers(123, 209)
@pytest.mark.parametrize(
    ("ruling", "outcome", "refunded"),
    [("for_buyer", RefundOutcome.RULED_FOR_BUYER, 8900), ("for_seller", RefundOutcome.RULED_FOR_SELLER, 0)],
)
async def test_a_refused_buyer_calls_the_marketplace_and_its_ruling_ends_the_case(
    tell_refund: TellRefund, keep_history: Keep, ruling: str, outcome: RefundOutcome, refunded: int
) -> None:
    story = await tell_refund(with_return=False)
    who = await story.agent()
    await story.step(who, steps.RecordReason(cause="quality.broken"))
    refusal = steps.Refuse(message=await story.house.text("商品没有质量问题"), proof=await story.photo(), reason=2)
    await story.step(who, refusal)
    assert stage_of(await story.settled()) is RefundStage.REFUSED
    assert (await story.on_the_market())["proof_bytes"] > 0
    await story.buyer("call_platform")
    called = await story.told()
    assert (called.reading.intervention, stage_of(called)) == (Intervention.ASKED, RefundStage.INTERVENED)
    await service(story, "step_in")
    stepped = await story.told()
    assert (owner_of(stepped), stepped.watch) == ("supervisor", None)
    await service(story, ruling)
    await story.told()
    state = await story.closed()
    assert (state.outcome, state.refunded_fen) == (outcome, refunded)
    if ruling == "for_buyer":
        await keep_history(story.handle.id, "RefundCase.ruled_by_the_platform")


async def test_an_agreement_on_its_way_when_the_platform_steps_in_is_not_forced(tell_refund: TellRefund) -> None:
    story = await tell_refund()
    who = await story.agent()
    await story.step(who, steps.RecordReason(cause="quality.broken"))
    await service(story, "step_in")
    await story.step(who, steps.Agree())
    state = await story.settled()
    assert (state.orders[0].status, stage_of(state)) == ("refused", RefundStage.INTERVENED)
    assert (await story.on_the_market())["status"] == "WAIT_SELLER_AGREE"


async def test_a_message_is_written_once_with_its_photo_though_the_answer_was_lost(
    tell_refund: TellRefund, keep_history: Keep
) -> None:
    story = await tell_refund()
    who = await story.agent()
    await story.house.sandbox.fault("taobao.refund.message.add", "timeout_after", count=1, seconds=10)
    words = await story.house.text("请看图片，杯盖里的密封圈要装好")
    await story.step(who, steps.WriteToBuyer(words=words, photo=await story.photo()))
    state = await story.until(lambda case: case.open_message is None)
    assert [message.status for message in state.messages] == [MessageStatus.WRITTEN]
    shown = (await story.on_the_market())["messages"]
    assert [(one["owner"], one["content"]) for one in shown] == [(2, "请看图片，杯盖里的密封圈要装好")]
    await keep_history(story.handle.id, "RefundCase.wrote_to_the_buyer")


async def test_words_that_may_not_go_out_stay_here_and_a_person_hears_why(tell_refund: TellRefund) -> None:
    story = await tell_refund()
    who = await story.agent()
    words = await story.house.text("好评返现10元")
    await story.step(who, steps.WriteToBuyer(words=words, photo=await story.photo()))
    state = await story.until(lambda case: case.open_message is None)
    assert (state.messages[0].status, state.messages[0].trouble) == (MessageStatus.REFUSED, "words-unfit")
    assert (await story.on_the_market())["messages"] == []
