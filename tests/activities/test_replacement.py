"""Somebody else for a case whose agent never works in the buyer's hours: fairly, once, and never over capacity."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert
from temporalio.testing import ActivityEnvironment

from activities.assignment import AssignmentActivities, holder_of
from activities.clocks import DeskClock
from activities.policies import Policies
from activities.replacement import ReplacementActivities
from activities.requests import PlanRequest, ReplaceRequest
from db import office, shifts
from db.tables.cases import Assignment
from domain.policies.desk import Weekday
from domain.review_case.facts import Assigned
from tests.activities.conftest import WayIn
from tests.builders import House

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)  # a Monday, nine in the morning in Beijing


@dataclass
class Misfit:
    """A case of Alice's about an order to an office; she works in the night."""

    house: House
    case: str
    row: str

    async def shift(self, who: str, opens: str, closes: str) -> None:
        hours = {"zone": "Asia/Shanghai", "week": {day: [{"open": opens, "close": closes}] for day in Weekday}}
        async with self.house.parts.sessions.begin() as session:
            person = UUID(self.house.people[who])
            await shifts.set_shift(session, "tests", NOW, person, hours, date(2026, 1, 1))

    async def replaced(self) -> Assigned:
        policies = Policies()
        sessions, clock = self.house.parts.sessions, DeskClock(policies)
        assignment = AssignmentActivities(sessions, policies, clock)
        plan = PlanRequest(
            case=self.case, shop=self.house.shop, review_row=self.row, review_created_at=NOW,
            window_ends_at=NOW + timedelta(days=30), assignee=self.house.people["alice"], preference_at=None,
            preference_stated_at=None, online_seen_at=None, number=1, now=NOW,
        )  # fmt: skip
        replacement = ReplacementActivities(sessions, policies, clock, assignment)
        return await ActivityEnvironment().run(replacement.replace, ReplaceRequest(plan=plan, severity=1))

    async def holder(self) -> str | None:
        async with self.house.parts.sessions() as session:
            person = await holder_of(session, self.case)
        return next((name for name, id in self.house.people.items() if id == person), None)


@pytest.fixture
async def misfit(way_in: WayIn) -> Misfit:
    return await a_misfit(way_in)


async def a_misfit(way_in: WayIn) -> Misfit:
    opening = await way_in.house.opening(await way_in.house.review(), NOW)
    case = Misfit(way_in.house, await way_in.open_case(opening), opening.review_row)
    await case.shift("alice", "01:00", "05:00")
    given: dict[str, Any] = {"person": UUID(way_in.house.people["alice"]), "shop": way_in.house.shop, "at": NOW}
    async with way_in.house.parts.sessions.begin() as session:
        await session.execute(insert(Assignment).values(case=case.case, why="a test", **given))
    return case


@pytest.mark.covers(196)
async def test_it_goes_to_one_whose_shift_fits_though_they_are_not_at_work_yet(misfit: Misfit) -> None:
    await misfit.shift("ann", "17:00", "20:00")
    answers = [await misfit.replaced() for _ in range(2)]
    assert ([answer.person for answer in answers], await misfit.holder()) == ([misfit.house.people["ann"]] * 2, "ann")


async def test_asked_twice_at_once_it_has_one_agent(misfit: Misfit) -> None:
    answers = await asyncio.gather(*(misfit.replaced() for _ in range(4)))
    assert ({answer.person for answer in answers}, await misfit.holder()) == ({misfit.house.people["ann"]}, "ann")


@pytest.mark.parametrize("why", ["everybody suitable is at capacity", "no other agent's shift fits the buyer's hours"])
async def test_nobody_takes_it_over_capacity_or_out_of_their_shift(misfit: Misfit, why: str) -> None:
    if "capacity" in why:
        async with misfit.house.parts.sessions.begin() as session:
            await office.set_person(session, "tests", NOW, UUID(misfit.house.people["ann"]), {"capacity": 0})
    else:
        await misfit.shift("ann", "02:00", "06:00")
    assert ((await misfit.replaced()).why, await misfit.holder()) == (why, "alice")
