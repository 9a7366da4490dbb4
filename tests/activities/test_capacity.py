"""An agent of several shops has one capacity, however many shops give them cases at once."""

import asyncio
import json
import secrets
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, insert, select
from temporalio.testing import ActivityEnvironment

from activities.assignment import AssignmentActivities
from activities.clocks import DeskClock
from activities.policies import Policies
from activities.requests import AssignRequest, Handed, HandOnRequest
from db import office
from db.tables.cases import Assignment, CaseFile
from domain.people import Role
from domain.review_case.facts import Assigned
from tests.activities.conftest import WayIn
from tests.activities.test_replacement import a_misfit
from tests.builders import House

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)  # a Monday noon in Beijing


class Shops:
    """Several shops of one house, all worked by the same two agents."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.codes = [house.shop]
        policies = Policies()
        clock = DeskClock(policies)
        self.assignment = AssignmentActivities(house.parts.sessions, policies, clock)

    async def open_shop(self) -> None:
        code = f"shop-{secrets.token_hex(4)}"
        async with self.house.parts.sessions.begin() as session:
            await office.add_shop(
                session, "tests", NOW, code=code, name="演示二店", platform="sandbox", jurisdiction="none",
                seller_nick=code, gate_mode="after_amendment", cut_off_at=NOW,
                credentials=json.dumps({"app_key": "k", "app_secret": "s", "session": "s"}),
            )  # fmt: skip
            for who in ("alice", "ann", "lee"):
                await office.grant(session, "tests", NOW, UUID(self.house.people[who]), Role.AGENT, code)
        self.codes.append(code)

    async def room(self, **capacity: int) -> None:
        async with self.house.parts.sessions.begin() as session:
            for who, count in capacity.items():
                await office.set_person(session, "tests", NOW, UUID(self.house.people[who]), {"capacity": count})

    async def case(self, shop: str, holder: str | None = None) -> str:
        number = f"A26-{secrets.token_hex(6)}"
        row: dict[str, Any] = {
            "number": number, "kind": "review", "workflow": f"review:{number}", "run": 1, "shop": shop,
            "platform": "sandbox", "external_id": number, "source_row": uuid4(), "stage": "contacting", "grade": "bad",
            "severity": 1, "due_at": NOW, "due_what": "", "review_created_at": NOW, "opened_at": NOW,
            "version": 1, "person_step": 0, "state": {}, "written_at": NOW,
        }  # fmt: skip
        async with self.house.parts.sessions.begin() as session:
            await session.execute(insert(CaseFile).values(**row))
            if holder is not None:
                given = {"person": UUID(self.house.people[holder]), "shop": shop, "at": NOW, "why": "a test"}
                await session.execute(insert(Assignment).values(case=number, **given))
        return number

    async def assign(self, shop: str) -> Assigned:
        request = AssignRequest(case=await self.case(shop), shop=shop, severity=1, cause=None, now=NOW)
        return await ActivityEnvironment().run(self.assignment.assign, request)

    async def hand_on(self, who: str, shop: str, cases: list[str]) -> None:
        handed = [Handed(case=case, workflow=f"review:{case}", shop=shop, severity=1) for case in cases]
        request = HandOnRequest(person=self.house.people[who], cases=handed, now=NOW)
        await ActivityEnvironment().run(self.assignment.hand_on, request)

    async def held(self, who: str) -> int:
        open_ones = select(func.count()).where(
            Assignment.person == UUID(self.house.people[who]), Assignment.released_at.is_(None)
        )
        async with self.house.parts.sessions() as session:
            return await session.scalar(open_ones) or 0


@pytest.fixture
async def shops(way_in: WayIn) -> Shops:
    shops = Shops(way_in.house)
    for _ in range(3):
        await shops.open_shop()
    return shops


@pytest.mark.covers(196)
async def test_no_agent_of_several_shops_gets_more_than_they_can_take(shops: Shops) -> None:
    await shops.room(alice=2, ann=1, lee=0)
    await asyncio.gather(*(shops.assign(shop) for shop in shops.codes * 3))
    assert (await shops.held("alice"), await shops.held("ann")) == (2, 1)


async def test_work_that_is_handed_on_in_several_shops_at_once_overloads_nobody(shops: Shops) -> None:
    await shops.room(alice=3, ann=2, lee=0)
    cases = {shop: [await shops.case(shop, "lee") for _ in range(3)] for shop in shops.codes}
    handing = [shops.hand_on("lee", shop, numbers) for shop, numbers in cases.items()]
    await asyncio.gather(*handing, *(shops.assign(shop) for shop in shops.codes))
    assert (await shops.held("alice"), await shops.held("ann")) == (3, 2)


async def test_somebody_else_is_chosen_where_the_first_has_no_room_left(shops: Shops) -> None:
    await shops.room(alice=1, ann=4, lee=0)
    found = await asyncio.gather(*(shops.assign(shop) for shop in shops.codes))
    assert None not in [one.person for one in found]
    assert (await shops.held("alice"), await shops.held("ann")) in {(1, 3), (0, 4)}


async def test_a_case_that_needs_another_shift_overloads_nobody_either(shops: Shops, way_in: WayIn) -> None:
    misfit = await a_misfit(way_in)
    await shops.room(ann=1, lee=0)
    await asyncio.gather(misfit.replaced(), *(shops.assign(shop) for shop in shops.codes[1:]))
    assert await shops.held("ann") == 1
