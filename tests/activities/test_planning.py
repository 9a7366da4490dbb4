"""Planning as the worker does it: the shop's surge, the desk's hours and the agent's shift are looked up each time."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from temporalio.testing import ActivityEnvironment

from activities.contacts import ContactActivities
from activities.policies import Policies
from activities.requests import PlanRequest
from db import shifts, surges
from domain.contact_terms import Channel
from domain.review_case.facts import Planned
from tests.activities.conftest import WayIn
from tests.builders import House

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)  # a Monday, nine in the morning in Beijing
DAY = timedelta(days=1)
EVENINGS = {"zone": "Asia/Shanghai", "week": {"wednesday": [{"open": "17:00", "close": "20:00"}]}}


@pytest.fixture
async def plan(way_in: WayIn) -> Any:
    """Plans a contact of one review at an office."""
    house = way_in.house
    opening = await house.opening(await house.review(), NOW)
    activities = ContactActivities(house.parts.sessions, Policies())

    async def planned(number: int = 1, who: str | None = None, now: datetime = NOW, **more: Any) -> Planned:
        request = PlanRequest(
            case="A26-1", shop=house.shop, review_row=opening.review_row, review_created_at=NOW,
            window_ends_at=NOW + 30 * DAY, assignee=house.people[who] if who else None, preference_at=None,
            preference_stated_at=None, number=number, now=now, **{"online_seen_at": None} | more,
        )  # fmt: skip
        return await ActivityEnvironment().run(activities.plan, request)

    return planned


async def surge(house: House, start: datetime, end: datetime) -> None:
    async with house.parts.sessions.begin() as session:
        await surges.set_surge(session, UUID(house.people["bob"]), NOW, house.shop, start, end, "Double 12")


@pytest.mark.covers(34)
async def test_a_surge_puts_the_phone_before_what_is_written_until_it_ends(plan: Any, way_in: WayIn) -> None:
    written = await _written(plan)
    await surge(way_in.house, NOW, NOW + DAY)
    assert (await plan(written)).channel is Channel.CALL
    assert (await plan(written, now=NOW + DAY)).channel is not Channel.CALL


async def _written(plan: Any) -> int:
    """The first attempt for which the ladder of the month takes a written channel."""
    for number in range(1, 8):
        if (await plan(number)).channel is not Channel.CALL:
            return number
    raise AssertionError("the ladder has calls only")


@pytest.mark.covers(195)
async def test_the_shift_of_the_agent_is_kept_to(plan: Any, way_in: WayIn) -> None:
    async with way_in.house.parts.sessions.begin() as session:
        alice = UUID(way_in.house.people["alice"])
        await shifts.set_shift(session, "tests", NOW, alice, EVENINGS, date(2026, 1, 1))
    hers, anns = await plan(who="alice"), await plan(who="ann")
    assert (hers.due_at.date(), anns.due_at.date()) == (date(2026, 11, 25), date(2026, 11, 23))


@pytest.mark.covers(27, 31)
async def test_presence_makes_a_contact_due_now_and_no_other_within_the_cool_down(plan: Any) -> None:
    morning = NOW + timedelta(hours=1)
    first = await plan(now=morning, online_seen_at=morning)
    again = await plan(now=morning, online_seen_at=morning, presence_again_at=first.presence_again_at)
    assert (first.due_at, first.presence_again_at) == (morning, morning + timedelta(minutes=240))
    assert (again.due_at > morning, again.presence_again_at) == (True, None)
