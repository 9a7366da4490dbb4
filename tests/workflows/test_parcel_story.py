"""Parcels on their way, at the sandbox's couriers, under skipped time: late, told of, signed for."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from db.contacts import history_of
from db.tables.refunds import Refund, Shipment, ShipmentScan
from domain.refund_case import steps
from domain.refund_case.stages import RefundStage, stage_of
from domain.refund_case.state import RefundCaseState
from domain.tracking import DelayReason, Leg, TransitState
from tests.workflows.conftest import Keep, TellRefund
from tests.workflows.refund_world import RefundStory


async def sent_back(story: RefundStory) -> RefundCaseState:
    """Agreed to and sent, with the courier's first scan seen."""
    who = await story.agent()
    await story.step(who, steps.RecordReason(cause="quality.broken"))
    await story.step(who, steps.Agree())
    await story.settled()
    await story.ship_back()
    await story.courier("stop")
    await story.told()
    return await story.until(lambda case: state_of(case) is TransitState.COLLECTED)


def state_of(case: RefundCaseState, leg: Leg = Leg.BACK) -> TransitState | None:
    parcel = case.parcel_on(leg)
    return parcel.state if parcel is not None else None


async def texts_of_delay(story: RefundStory) -> list[str]:
    """Those about this order alone: the buyers of all stories share one telephone number."""
    sent = await story.house.sandbox.get("/control/sms")
    mine = [one for one in sent if str(one["tid"]) == story.applied.tid]
    return [one["text"] for one in mine if "DELAY" in one["template_code"]]


async def touches(story: RefundStory) -> list[tuple[bool, int]]:
    """What reached the applicant in this case: whether it was a letter, and which attempt would come next."""
    number = story.opening.case
    async with story.house.parts.sessions() as session:
        buyer = await session.scalar(select(Refund.buyer).where(Refund.id == UUID(story.opening.refund_row)))
        history = await history_of(session, buyer, await story.clock(), number)
    return [(touch.letter, history.next_attempt(number)) for touch in history.made_in(number)]


@pytest.mark.covers(126, 140)
async def test_a_parcel_that_stands_still_is_told_to_its_buyer_once_and_the_warehouse_waits_for_its_arrival(
    tell_refund: TellRefund, keep_history: Keep
) -> None:
    story = await tell_refund()
    await sent_back(story)
    late = await story.until(lambda case: any(one.done_at is not None for one in case.tellings))
    parcel = late.parcel_on(Leg.BACK)
    assert parcel is not None
    assert (parcel.delay, late.tellings[0].sent) == (DelayReason.SILENT, True)
    assert len(await texts_of_delay(story)) == 1
    assert await touches(story) == [(True, 1)]
    assert (await story.line()).why == "the parcel is late: nothing was scanned for long"
    await story.courier("scan", code="5", context="派送中")
    await story.until(lambda case: state_of(case) is TransitState.DELIVERING)
    await story.courier("sign")
    state = await story.until(lambda case: state_of(case) is TransitState.SIGNED)
    assert stage_of(state) is RefundStage.ARRIVED
    line = await story.line()
    assert (line.owner, line.stage) == ("warehouse", "arrived")
    kinds = [event.kind for event in await story.events()]
    assert (kinds.count("parcel_delayed"), kinds.count("buyer_told")) == (1, 1)
    await keep_history(story.handle.id, "RefundCase.late_parcel_told")


@pytest.mark.covers(99)
async def test_the_seven_days_count_from_the_sign_for_that_the_courier_shows(tell_refund: TellRefund) -> None:
    story = await tell_refund(reason="七天无理由退货")
    state = await story.until(lambda case: state_of(case, Leg.ORDER) is TransitState.SIGNED)
    parcel = state.parcel_on(Leg.ORDER)
    assert parcel is not None
    async with story.house.parts.sessions() as session:
        row = (await session.scalars(select(Refund).where(Refund.external_id == story.applied.refund_id))).one()
        shipment = (await session.scalars(select(Shipment).where(Shipment.direction == "order"))).one()
    assert row.signed_at == shipment.signed_at == parcel.signed_at
    assert (await story.settled()).reading.cannot_refuse


async def test_no_word_of_a_trace_is_in_the_cases_history_or_in_plain_in_the_database(tell_refund: TellRefund) -> None:
    story = await tell_refund()
    await sent_back(story)
    await story.courier("scan", code="5", context="派件员张三13812345678派送中")
    await story.until(lambda case: state_of(case) is TransitState.DELIVERING)
    history = (await story.handle.fetch_history()).to_json()
    assert (story.waybill in history, "张三" in history) == (False, False)
    async with story.house.parts.sessions() as session:
        words = list(await session.scalars(select(ShipmentScan.words)))
        raw = list((await session.execute(select(ShipmentScan.__table__.c.words))).scalars())
    assert any("张三" in str(one) for one in words)
    assert raw == words  # what was sealed is opened by its type alone


async def test_a_buyer_who_typed_nonsense_is_not_told_of_a_delay_and_the_desk_sees_why(tell_refund: TellRefund) -> None:
    story = await tell_refund()
    await sent_back_unknown(story)
    state = await story.until(
        lambda case: (parcel := case.parcel_on(Leg.BACK)) is not None and parcel.delay is not None
    )
    parcel = state.parcel_on(Leg.BACK)
    assert parcel is not None
    assert (parcel.delay, state.tellings) == (DelayReason.UNCOLLECTED, [])
    assert (await story.line()).why == "the parcel is late: no courier knows its number"


async def sent_back_unknown(story: RefundStory) -> None:
    """The buyer types a number that looks like one and that no courier has."""
    who = await story.agent()
    await story.step(who, steps.RecordReason(cause="quality.broken"))
    await story.step(who, steps.Agree())
    await story.settled()
    taken = story.waybill
    await story.house.sandbox.post("/control/courier/waybills", num=taken, com="shentong")
    await story.ship_back()
    await story.told()


@pytest.mark.covers(140)
async def test_couriers_that_are_down_for_long_hold_nothing_up(tell_refund: TellRefund) -> None:
    story = await tell_refund()
    await sent_back(story)
    await story.house.sandbox.fault("kuaidi100.query", "http_500", count=None)
    await story.step("wang", steps.CheckParcels())
    while not (state := await story.view()).parcels[-1].failed:
        await story.pass_time(timedelta(minutes=1))  # so long it is tried again before it is given up
    assert stage_of(state) is RefundStage.IN_TRANSIT
    await story.house.sandbox.delete("/control/faults")
    await story.courier("sign")
    state = await story.until(lambda case: state_of(case) is TransitState.SIGNED)
    await story.step("wang", steps.ReceiveParcel(parcel=await story.parcel()))
    assert stage_of(await story.settled()) is RefundStage.INSPECTING
