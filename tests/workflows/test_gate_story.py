"""The gate through a case's life: an acknowledgement that ran out stops money by name and loses nothing."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from activities.clocks import DeskClock
from activities.digests import DigestActivities, DigestRequest
from activities.policies import Policies
from db import office
from db.tables.cases import Notice
from db.tables.money import Payout
from domain.gate import GateMode
from domain.review_case.outcomes import Outcome
from domain.review_case.state import OfferStatus
from tests.builders import House
from tests.workflows.conftest import Tell
from workflows.starting import GATE_CHANGED

TEXT = "2026-11"
HALF_A_YEAR = timedelta(days=180)


async def under_chinese_law(house: House, signed_at: datetime) -> None:
    """The shop pays after an amendment because Bob signed for it."""
    bob = UUID(house.people["bob"])
    async with house.parts.sessions.begin() as session:
        await office.choose_gate(session, house.shop, GateMode.ON_RESOLUTION, bob, "first", None, signed_at)
        await office.set_shop(session, "tests", signed_at, house.shop, {"jurisdiction": "CN"})
        await office.choose_gate(session, house.shop, GateMode.AFTER_AMENDMENT, bob, "then", TEXT, signed_at)


async def sign_again(house: House, at: datetime) -> None:
    async with house.parts.sessions.begin() as session:
        await office.acknowledge_gate(session, house.shop, UUID(house.people["bob"]), TEXT, "renewed", at)


@pytest.mark.covers(74, 207)
async def test_an_acknowledgement_that_ran_out_holds_the_money_until_it_is_renewed(tell: Tell, house: House) -> None:
    await under_chinese_law(house, datetime.now(UTC) - HALF_A_YEAR)
    reviewed = await house.review()
    story = await tell(reviewed)
    await story.accepted()
    await story.amended(reviewed)
    state = await story.until(lambda case: bool(case.gate_missing))
    assert (state.gate_missing, state.offers[0].status) == (["acknowledgement_expired"], OfferStatus.ACCEPTED)
    await story.pass_time(timedelta(days=35))
    assert (await story.settled()).outcome is None, "what was promised is not lost with the month"
    await sign_again(house, await story.clock())
    await story.handle.signal(GATE_CHANGED, GateMode.AFTER_AMENDMENT)
    state = await story.closed()
    assert state.outcome is Outcome.AMENDED_PAID
    async with house.parts.sessions() as session:
        row = await session.get_one(Payout, state.payouts[0].key)
    assert "acknowledged with text 2026-11 until" in row.gate
    assert "the amended review was seen: edit_result by machine" in row.gate
    assert row.gate_facts["acknowledged"]["person"] == house.people["bob"]
    started = next(event for event in await story.events() if event.kind == "payout_started")
    assert started.facts["gate_facts"] == row.gate_facts


async def test_its_end_is_told_to_whoever_may_renew_it_once_for_each_reminder(house: House) -> None:
    now = datetime.now(UTC)
    await under_chinese_law(house, now)
    policies = Policies()
    digests = DigestActivities(house.parts.sessions, policies, DeskClock(policies))
    for days in (149, 151, 152, 174, 181, 190):
        await digests.gather(DigestRequest(shop=house.shop, now=now + timedelta(days=days)))
    async with house.parts.sessions() as session:
        told = list(await session.scalars(select(Notice).order_by(Notice.level)))
    assert [(str(one.person), one.level) for one in told] == [(house.people["bob"], level) for level in (0, 1, 2)]
    assert {one.due_at for one in told} == {now + HALF_A_YEAR}
