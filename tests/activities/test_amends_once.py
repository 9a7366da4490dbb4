"""The last look before money moves: to the order's buyer, and once for one review, whatever the case believes."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, select
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.offers import OfferActivities
from activities.payout_gate import PayoutGate
from activities.policies import Policies
from activities.requests import OfferRequest, PayoutRequest, ReleaseRequest
from db import budgets
from db.buyers import BuyerFacts, keep_buyer, keep_payee
from db.tables.money import Payout
from domain.review_case.facts import StepRequest
from domain.review_case.steps import MakeOffer
from tests.activities.conftest import WayIn
from tests.builders import House

NOW = datetime.now(UTC)


async def a_case(way_in: WayIn) -> tuple[str, str]:
    """Registered; its number and its review's row."""
    opening = await way_in.house.opening(await way_in.house.review())
    return await way_in.open_case(opening), opening.review_row


async def missing(house: House, case: str, payee: str, **more: Any) -> list[str]:
    request = PayoutRequest(
        case=case, shop=house.shop, case_serial=1, shop_serial=1, installation="TEST", offer=1, amount_fen=500,
        form="cash_alipay", attempt=1, payee=payee, accepted=True, approved=True, within_policy=True,
        cause_confirmed=True, amendment_verified=True, malicious_block=False, now=NOW, **more,
    )  # fmt: skip
    gate = PayoutGate(house.parts.sessions, Policies())
    return (await ActivityEnvironment().run(gate.open_payout, request)).missing


async def paid(house: House, case: str, offer: int, status: str = "paid") -> None:
    """Something was given for this case's review by hand."""
    row = {"key": uuid4().hex, "case": case, "shop": house.shop, "offer": offer, "attempt": offer, "amount_fen": 500}
    row |= {"form": "red_packet", "status": status, "gate": "x", "made_at": NOW}
    row |= {"paid_at": NOW if status == "paid" else None}
    async with house.parts.sessions.begin() as session:
        await session.execute(insert(Payout).values(**row))


async def a_stranger_s_account(house: House) -> str:
    ring = house.parts.ring
    facts = BuyerFacts("sandbox", "somebody-else", nick="li", name="李", phone="13900139000")
    async with house.parts.sessions.begin() as session:
        buyer = await keep_buyer(session, ring, facts)
        kept = await keep_payee(session, ring, buyer, "ALIPAY_LOGON_ID", "li@example.com", "李", "p", NOW)
    return kept.id


@pytest.mark.covers(68)
async def test_money_goes_to_nobody_but_the_buyer_of_the_order(way_in: WayIn) -> None:
    house = way_in.house
    opening = await house.opening(await house.review())
    case, own = await way_in.open_case(opening), (await house.payee(opening)).id
    assert await missing(house, case, own) == ["reservation"]
    assert "payee_is_the_buyer" in await missing(house, case, await a_stranger_s_account(house))


@pytest.mark.parametrize(("status", "once"), [("paid", True), ("sending", True), ("failed", False)])
async def test_a_merged_case_s_amends_count_as_this_one_s(way_in: WayIn, status: str, *, once: bool) -> None:
    house = way_in.house
    case, review = await a_case(way_in)
    merged, _ = await a_case(way_in)
    await paid(house, merged, 1, status)
    step = StepRequest(case=case, shop=house.shop, actor=house.actor("alice"), now=NOW, update_id="u")
    request = OfferRequest(
        step=step, review_row=review, offer=MakeOffer(amount_fen=500), number=1, grade="bad", cause="quality.broken",
        severity=2, order_paid_fen=8900, suspicion_decided=False, settled_before=False, absorbed=[merged],
    )  # fmt: skip
    offers = OfferActivities(house.parts.sessions, Policies())
    if once:
        with pytest.raises(ApplicationError) as refused:
            await ActivityEnvironment().run(offers.reserve, request)
        assert refused.value.type == "OfferMade"
    else:
        assert (await ActivityEnvironment().run(offers.reserve, request)).range_fen == (10, 1000)


async def test_amends_that_are_under_way_in_an_earlier_run_shut_the_gate(way_in: WayIn) -> None:
    house = way_in.house
    opening = await house.opening(await house.review())
    case, own = await way_in.open_case(opening), (await house.payee(opening)).id
    await paid(house, case, 2)
    assert "no_other_amends" in await missing(house, case, own)


async def test_a_number_that_its_case_never_began_is_withdrawn_with_what_was_set_aside(way_in: WayIn) -> None:
    """The case ended, or was frozen, while its gate was asked."""
    house = way_in.house
    opening = await house.opening(await house.review())
    case, own = await way_in.open_case(opening), (await house.payee(opening)).id
    offers = OfferActivities(house.parts.sessions, Policies())
    step = StepRequest(case=case, shop=house.shop, actor=house.actor("alice"), now=NOW, update_id="u")
    request = OfferRequest(
        step=step, review_row=opening.review_row, offer=MakeOffer(amount_fen=500), number=1, grade="bad",
        cause="quality.broken", severity=2, order_paid_fen=8900, suspicion_decided=False, settled_before=False,
    )  # fmt: skip
    await ActivityEnvironment().run(offers.reserve, request)
    assert await missing(house, case, own) == []
    async with house.parts.sessions.begin() as session:
        opened = await session.scalar(select(Payout).where(Payout.case == case))
        assert opened is not None
    known = ReleaseRequest(case=case, offer=1, begun=[opened.key], now=NOW)
    await ActivityEnvironment().run(offers.release, known)
    assert await left(house, case) == ("approved", True)
    await ActivityEnvironment().run(offers.release, known.model_copy(update={"begun": []}))
    assert await left(house, case) == ("cancelled", False)


async def left(house: House, case: str) -> tuple[str, bool]:
    """How the case's payout stands, and whether its money is still set aside."""
    async with house.parts.sessions.begin() as session:
        status = await session.scalar(select(Payout.status).where(Payout.case == case))
        reserved = await budgets.reservation_of(session, case, 1)
        return str(status), bool(reserved and reserved.live)
