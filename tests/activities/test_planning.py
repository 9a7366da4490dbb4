"""Planning as the worker does it: the shop's surge, the desk's hours and the agent's shift are looked up each time."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from temporalio.testing import ActivityEnvironment

from activities.contacts import ContactActivities
from activities.policies import Policies
from activities.requests import PlanRequest
from db import office, shifts, surges
from db.contacts import history_of, keep_stop
from db.leaves import add_leave
from db.tables.buyers import Buyer, Review
from db.tables.contacts import ContactAttempt
from domain.contact_terms import Channel, NoContactCode, StopSignal
from domain.life_zones import BEIJING
from domain.policies.desk import Weekday
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
            shop=house.shop, review_row=opening.review_row, review_created_at=NOW,
            window_ends_at=NOW + 30 * DAY, assignee=house.people[who] if who else None, preference_stated_at=None,
            number=number, now=now, **{"case": "A26-1", "online_seen_at": None, "preference_at": None} | more,
        )  # fmt: skip
        return await ActivityEnvironment().run(activities.plan, request)

    return planned


async def surge(house: House, start: datetime, end: datetime) -> None:
    async with house.parts.sessions.begin() as session:
        await surges.set_surge(session, UUID(house.people["bob"]), NOW, house.shop, start, end, "Double 12")


@pytest.mark.covers(34)
async def test_a_surge_puts_the_phone_before_what_is_written_until_it_ends(plan: Any, way_in: WayIn) -> None:
    await _write_first(way_in.house)
    before = await plan()
    await surge(way_in.house, NOW, NOW + DAY)
    within, after = await plan(), await plan(now=NOW + DAY)
    assert [one.channel for one in (before, within, after)] == [Channel.IM, Channel.CALL, Channel.IM]


async def _write_first(house: House) -> None:
    async with house.parts.sessions.begin() as session:
        contact = (await office.policy_in_force(session, "contact", house.shop)).document.model_dump(mode="json")
        contact["persistence"]["attempts"] = [{"channel": Channel.IM, "after_days": 0}]
        await office.put_policy(session, "contact", house.shop, contact, "tests", "a test", NOW)


@pytest.mark.covers(195)
async def test_the_shift_of_the_agent_is_kept_to(plan: Any, way_in: WayIn) -> None:
    async with way_in.house.parts.sessions.begin() as session:
        alice = UUID(way_in.house.people["alice"])
        await shifts.set_shift(session, "tests", NOW, alice, EVENINGS, date(2026, 1, 1))
    hers, anns = await plan(who="alice"), await plan(who="ann")
    assert (hers.due_at.date(), anns.due_at.date()) == (date(2026, 11, 25), date(2026, 11, 23))


@pytest.mark.covers(195)
async def test_nobody_is_to_call_during_their_leaves(plan: Any, way_in: WayIn) -> None:
    async with way_in.house.parts.sessions.begin() as session:
        alice = UUID(way_in.house.people["alice"])
        for starts in (NOW - DAY, NOW + DAY):
            await add_leave(session, "tests", NOW, alice, starts, starts + 2 * DAY, "年假")
    hers, anns = await plan(who="alice"), await plan(who="ann")
    assert (hers.due_at.date(), anns.due_at.date()) == (date(2026, 11, 26), date(2026, 11, 23))


@pytest.mark.covers(27, 31)
async def test_presence_makes_a_contact_due_now_and_no_other_within_the_cool_down(plan: Any) -> None:
    morning = NOW + timedelta(hours=1)
    first = await plan(now=morning, online_seen_at=morning)
    again = await plan(now=morning, online_seen_at=morning, presence_again_at=first.presence_again_at)
    assert (first.due_at, first.presence_again_at) == (morning, morning + timedelta(minutes=240))
    assert (again.due_at > morning, again.presence_again_at) == (True, None)


async def _shift(house: House, who: str, opens: str, closes: str) -> None:
    shift = {"zone": "Asia/Shanghai", "week": {day: [{"open": opens, "close": closes}] for day in Weekday}}
    async with house.parts.sessions.begin() as session:
        await shifts.set_shift(session, "tests", NOW, UUID(house.people[who]), shift, date(2026, 1, 1))


def _slots(contacts: list[Planned]) -> Counter[int]:
    """How many contacts stand in each slot of ten minutes."""
    return Counter(int(contact.due_at.timestamp()) // 600 for contact in contacts if contact.due_at)


@pytest.mark.covers(195)
async def test_contacts_of_one_window_stand_in_it_by_what_the_desk_can_handle(plan: Any) -> None:
    """Two agents handle four in ten minutes. Planned at the same moment, twelve fill half an hour and say why."""
    contacts = await asyncio.gather(*(plan(case=f"A26-{n}") for n in range(500, 512)))
    moved = [contact for contact in contacts if "keep the desk busy" in contact.why]
    assert (max(_slots(contacts).values()), bool(moved)) == (4, True)
    assert all("错开" in contact.why_zh for contact in moved)


async def test_a_window_with_more_contacts_than_hands_is_filled_evenly_and_says_so(plan: Any, way_in: WayIn) -> None:
    await _shift(way_in.house, "ann", "08:00", "11:00")
    contacts = [await plan(case=f"A26-{n}") for n in range(16)]
    loads = _slots(contacts).values()
    assert (max(loads) - min(loads) <= 1, contacts[0].warnings) == (True, [])
    assert "more contacts" in contacts[-1].warnings[0].lower()


async def test_planning_again_gives_the_earlier_place_up(plan: Any) -> None:
    """Else the desk would seem twice as busy as it is."""
    for _ in range(3):
        contacts = [await plan(case=f"A26-{n}") for n in range(12)]
    assert (max(_slots(contacts).values()), {tuple(contact.warnings) for contact in contacts}) == (4, {()})


async def test_a_case_that_is_nobodys_waits_for_an_hour_in_which_some_agent_works(plan: Any, way_in: WayIn) -> None:
    await _shift(way_in.house, "alice", "08:00", "11:00")
    await _shift(way_in.house, "ann", "17:00", "20:00")
    assert (await plan()).due_at.astimezone(BEIJING).hour >= 17


async def test_a_shift_with_no_agent_on_it_is_named(plan: Any, way_in: WayIn) -> None:
    for who in ("alice", "ann"):
        await _shift(way_in.house, who, "02:00", "05:00")
    assert (await plan()).code == NoContactCode.NOBODY_AT_DESK


@pytest.mark.covers(15)
async def test_an_agreed_time_comes_first_then_the_hours_that_the_buyer_named_then_the_place(plan: Any) -> None:
    agreed, hours = NOW + timedelta(hours=6), ["19:00-20:30"]
    by_place, by_hours = await plan(), await plan(preference_hours=hours)
    by_word = await plan(preference_hours=hours, preference_at=agreed)
    later = await plan(preference_hours=hours, preference_at=agreed, now=agreed + 2 * timedelta(hours=1))
    assert [one.due_at.astimezone(BEIJING).hour for one in (by_place, by_hours, by_word, later)] == [12, 19, 15, 19]


async def _first_case(way_in: WayIn) -> tuple[str, UUID, UUID]:
    """An opened case: its number, its buyer and that buyer's person."""
    opening = await way_in.house.opening(await way_in.house.review(), NOW)
    number = await way_in.open_case(opening)
    async with way_in.house.parts.sessions() as session:
        buyer = await session.get_one(Buyer, (await session.get_one(Review, UUID(opening.review_row))).buyer)
        return number, buyer.id, buyer.person


@pytest.mark.covers(31, 208)
async def test_who_wanted_no_more_contact_is_left_alone_a_year_later_too(plan: Any, way_in: WayIn) -> None:
    number, _, person = await _first_case(way_in)
    async with way_in.house.parts.sessions.begin() as session:
        await keep_stop(session, person, number, StopSignal.BUYER_OPT_OUT, "a step", NOW - 365 * DAY)
    assert (await plan()).code == NoContactCode.STOPPED


async def test_a_case_remembers_all_its_contacts_and_those_of_others_for_ninety_days(way_in: WayIn) -> None:
    """Else a month of half a year would climb its ladder, and use up its caps, twice."""
    number, buyer, person = await _first_case(way_in)
    other, _, _ = await _first_case(way_in)
    async with way_in.house.parts.sessions.begin() as session:
        for case in (number, other):
            session.add(_call(way_in.house.shop, case, person))
    async with way_in.house.parts.sessions() as session:
        soon = await history_of(session, buyer, NOW + 89 * DAY, number)
        late = await history_of(session, buyer, NOW + 91 * DAY, number)
    assert {touch.case for touch in soon.touches} == {number, other}
    assert ({touch.case for touch in late.touches}, late.next_attempt(number)) == ({number}, 2)


def _call(shop: str, case: str, person: UUID) -> ContactAttempt:
    return ContactAttempt(
        id=uuid4(), case=case, number=1, shop=shop, channel=Channel.CALL, outbound=True, buyer_person=person,
        taken_by="a person", taken_at=NOW, counted=True, asked_to_amend=False,
    )  # fmt: skip
