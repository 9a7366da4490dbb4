"""Work of an absent agent: the oldest cases first, never two people, never back to whoever is away."""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select
from temporalio.testing import ActivityEnvironment

from activities.assignment import AssignmentActivities
from activities.clocks import DeskClock
from activities.handback import HandbackActivities
from activities.policies import Policies
from activities.requests import AssignRequest, AwayRequest, HandOnRequest
from db import office, shifts
from db.leaves import add_leave
from db.tables.cases import Assignment, CaseFile
from domain.people import Role
from domain.policies.desk import Weekday
from tests.activities.conftest import WayIn
from tests.builders import House

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)


@dataclass
class Desk:
    """The assignments of a shop, without any case behind them."""

    house: House

    @property
    def assignment(self) -> AssignmentActivities:
        policies = Policies()
        return AssignmentActivities(self.house.parts.sessions, policies, DeskClock(policies))

    async def case(self, days_old: int, who: str = "alice", cause: str | None = None) -> str:
        number = f"A26-{secrets.token_hex(6)}"
        opened = NOW - timedelta(days=days_old)
        row: dict[str, Any] = {
            "number": number, "kind": "review", "workflow": f"review:{number}", "run": 1, "shop": self.house.shop,
            "platform": "sandbox", "external_id": number, "source_row": uuid4(), "stage": "contacting", "grade": "bad",
            "severity": 1, "due_at": NOW, "due_what": "", "review_created_at": opened, "opened_at": opened,
            "version": 1, "person_step": 0, "state": {}, "written_at": NOW, "cause": cause,
        }  # fmt: skip
        person = UUID(self.house.people[who])
        async with self.house.parts.sessions.begin() as session:
            await session.execute(insert(CaseFile).values(**row))
            given = {"person": person, "shop": self.house.shop, "at": opened, "why": "a test"}
            await session.execute(insert(Assignment).values(case=number, **given))
        return number

    async def change(self, who: str, **changes: Any) -> None:
        async with self.house.parts.sessions.begin() as session:
            await office.set_person(session, "tests", NOW, UUID(self.house.people[who]), changes)

    async def needs_claims_for_logistics(self) -> None:
        async with self.house.parts.sessions.begin() as session:
            policy = (await office.policy_in_force(session, "desk", self.house.shop)).document.model_dump(mode="json")
            policy["skills_for_cause"] = {"logistics": ["claims"]}
            await office.put_policy(session, "desk", self.house.shop, policy, "tests", "a test", NOW)

    async def open_work(self, who: str, shop: str | None = None, now: datetime = NOW) -> Any:
        asked = AwayRequest(person=self.house.people[who], shop=shop, now=now)
        return await ActivityEnvironment().run(HandbackActivities(self.house.parts.sessions).open_work, asked)

    async def hand_on(self, who: str, page: Any) -> None:
        request = HandOnRequest(person=self.house.people[who], cases=page, now=NOW)
        await ActivityEnvironment().run(self.assignment.hand_on, request)

    async def holders(self) -> dict[str, str | None]:
        names = {person: name for name, person in self.house.people.items()}
        async with self.house.parts.sessions() as session:
            rows = list(await session.scalars(select(Assignment)))
        return {row.case: None if row.released_at else names[str(row.person)] for row in rows}


@pytest.fixture
async def desk(way_in: WayIn) -> Desk:
    """With somebody who administers the house, as every house has."""
    async with way_in.house.parts.sessions.begin() as session:
        head = await office.add_person(session, "tests", NOW, login="head", name="Head")
        await office.grant(session, "tests", NOW, head.id, Role.ADMIN, None)
    return Desk(way_in.house)


AWAY = {"away_until": NOW + timedelta(days=7)}


@pytest.mark.covers(196)
async def test_of_too_few_hands_the_oldest_case_gets_them(desk: Desk) -> None:
    young, old, middle = [await desk.case(days) for days in (1, 9, 5)]
    await desk.change("alice", **AWAY)
    await desk.change("ann", capacity=2)
    page = await desk.open_work("alice")
    await desk.hand_on("alice", page)
    assert [handed.case for handed in page] == [old, middle, young]
    assert await desk.holders() == {old: "ann", middle: "ann", young: None}


async def test_handing_on_twice_gives_nobody_a_case_twice(desk: Desk) -> None:
    cases = [await desk.case(days) for days in range(3)]
    await desk.change("alice", **AWAY)
    page = await desk.open_work("alice")
    await asyncio.gather(*(desk.hand_on("alice", page) for _ in range(3)))
    assert await desk.holders() == dict.fromkeys(cases, "ann")
    assert await desk.open_work("alice") == []


async def test_a_case_being_assigned_meanwhile_keeps_one_holder(desk: Desk) -> None:
    case = await desk.case(3)
    await desk.change("alice", **AWAY)
    page = await desk.open_work("alice")
    alice = desk.house.people["alice"]
    request = AssignRequest(case=case, shop=desk.house.shop, severity=1, cause=None, taken_from=alice, now=NOW)
    assigning = asyncio.gather(*(ActivityEnvironment().run(desk.assignment.assign, request) for _ in range(3)))
    await desk.hand_on("alice", page)
    assert {answer.person for answer in await assigning} == {desk.house.people["ann"]}
    assert await desk.holders() == {case: "ann"}


async def test_who_is_at_work_keeps_their_cases(desk: Desk) -> None:
    await desk.case(3)
    assert await desk.open_work("alice") == []


@pytest.mark.parametrize("gone", [{"active": False}, AWAY])
async def test_who_is_away_or_has_left_has_work_to_hand_on(desk: Desk, gone: dict[str, Any]) -> None:
    case = await desk.case(3)
    await desk.change("alice", **gone)
    assert [handed.case for handed in await desk.open_work("alice")] == [case]


@pytest.mark.parametrize(("day", "left"), [(0, 0), (2, 1), (5, 0)])
async def test_who_is_on_leave_has_work_to_hand_on_while_it_lasts(desk: Desk, day: int, left: int) -> None:
    await desk.case(3)
    alice, day_one = UUID(desk.house.people["alice"]), NOW + timedelta(days=1)
    async with desk.house.parts.sessions.begin() as session:
        await add_leave(session, "tests", NOW, alice, day_one, NOW + timedelta(days=4), "年假")
    assert len(await desk.open_work("alice", now=NOW + timedelta(days=day))) == left


async def test_who_is_no_longer_of_the_desk_hands_on_the_cases_of_that_shop(desk: Desk) -> None:
    case = await desk.case(3)
    async with desk.house.parts.sessions.begin() as session:
        alice = UUID(desk.house.people["alice"])
        await office.revoke(session, "tests", NOW, alice, Role.AGENT, desk.house.shop)
    assert [handed.case for handed in await desk.open_work("alice", desk.house.shop)] == [case]


async def test_a_case_that_nobody_can_take_hears_when_the_next_shift_begins(desk: Desk) -> None:
    case = await desk.case(3)
    hours = {"zone": "Asia/Shanghai", "week": {day: [{"open": "14:00", "close": "18:00"}] for day in Weekday}}
    async with desk.house.parts.sessions.begin() as session:
        for who in ("alice", "ann"):
            await shifts.set_shift(session, "tests", NOW, UUID(desk.house.people[who]), hours, date(2026, 1, 1))
    alice = desk.house.people["alice"]
    request = AssignRequest(case=case, shop=desk.house.shop, severity=1, cause=None, taken_from=alice, now=NOW)
    found = await ActivityEnvironment().run(desk.assignment.assign, request)
    assert (found.person, found.next_shift_at) == (None, NOW + timedelta(hours=2))


@pytest.mark.covers(8, 196)
async def test_a_case_goes_to_whoever_is_good_at_its_cause_and_without_such_a_person_to_anybody(desk: Desk) -> None:
    await desk.needs_claims_for_logistics()
    await desk.change("ann", skills=["claims"])
    busy = [await desk.case(1, "ann") for _ in range(3)]
    damaged, broken = await desk.case(2, "lee"), await desk.case(2, "lee")
    for case, cause in ((damaged, "logistics.damaged"), (broken, "quality.broken")):
        request = AssignRequest(
            case=case, shop=desk.house.shop, severity=1, cause=cause, taken_from=desk.house.people["lee"], now=NOW
        )
        await ActivityEnvironment().run(desk.assignment.assign, request)
    holders = await desk.holders()
    assert (holders[damaged], holders[broken], holders[busy[0]]) == ("ann", "alice", "ann")


@pytest.mark.covers(8, 196)
async def test_work_of_somebody_away_goes_to_whoever_is_good_at_its_cause(desk: Desk) -> None:
    await desk.needs_claims_for_logistics()
    await desk.change("ann", skills=["claims"])
    for _ in range(3):
        await desk.case(1, "ann")
    damaged, broken = await desk.case(3, "lee", "logistics.damaged"), await desk.case(2, "lee", "quality.broken")
    await desk.change("lee", **AWAY)
    await desk.hand_on("lee", await desk.open_work("lee"))
    holders = await desk.holders()
    assert (holders[damaged], holders[broken]) == ("ann", "alice")
