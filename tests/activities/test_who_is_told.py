"""Who hears of an undone thing when the people it is for are away, and how fast one hears after the other."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from temporalio.testing import ActivityEnvironment

from activities.clocks import DeskClock
from activities.escalation import EscalationActivities
from activities.policies import Policies
from activities.refund_desk import RefundDeskActivities
from activities.refund_requests import WarnRequest
from activities.requests import ClockRequest
from db import office
from db.leaves import add_leave
from domain.escalation import EscalationKind
from domain.people import Role
from domain.review_case.facts import Told
from tests.activities.conftest import WayIn
from tests.builders import House

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)  # a Monday, noon in Beijing


@pytest.fixture
async def house(way_in: WayIn) -> House:
    """With somebody who administers the house, as every house has."""
    async with way_in.house.parts.sessions.begin() as session:
        head = await office.add_person(session, "tests", NOW, login="head", name="Head")
        await office.grant(session, "tests", NOW, head.id, Role.ADMIN, None)
    return way_in.house


async def goes_on_leave(house: House, who: str) -> None:
    async with house.parts.sessions.begin() as session:
        person = UUID(house.people[who])
        await add_leave(session, "tests", NOW, person, NOW - timedelta(days=1), NOW + timedelta(days=7), "ill")


def escalation(house: House) -> EscalationActivities:
    policies = Policies()
    return EscalationActivities(house.parts.sessions, policies, DeskClock(policies))


async def told(house: House, told: Collection[Role] = (), since: datetime = NOW - timedelta(hours=3)) -> Told:
    request = ClockRequest(
        case="A26-1",
        shop=house.shop,
        kind=EscalationKind.PROMISE_DUE,
        since=since,
        severity=2,
        told=list(told),
        now=NOW,
    )
    return await ActivityEnvironment().run(escalation(house).escalate, request)


async def reckoned(house: House, kind: EscalationKind, *told: Role) -> datetime | None:
    nine = NOW - timedelta(hours=3)
    request = ClockRequest(
        case="A26-1", shop=house.shop, kind=kind, since=nine, severity=2, told=list(told),
        pauses=[(nine + timedelta(minutes=30), NOW - timedelta(minutes=30))], now=NOW,
    )  # fmt: skip
    return (await ActivityEnvironment().run(escalation(house).reckon, request)).due_at


async def warned_of_deadline(house: House, role: Role = Role.FINANCE, assignee: str | None = None) -> set[str]:
    request = WarnRequest(
        case="A26-1", shop=house.shop, refund_row="row", hours=6, role=role, assignee=assignee, now=NOW
    )
    activities = RefundDeskActivities(house.parts.sessions)
    return names(house, (await ActivityEnvironment().run(activities.whom_to_warn, request)).people)


def names(house: House, people: Collection[str]) -> set[str]:
    return {name for name, id in house.people.items() if id in people}


async def test_whoever_is_away_is_left_out_while_somebody_else_is_there(house: House) -> None:
    await goes_on_leave(house, "alice")
    assert names(house, (await told(house)).people) == {"ann"}


async def test_where_all_of_a_role_are_away_they_hear_of_it_when_they_are_back(house: House) -> None:
    supervisors = await told(house, [Role.AGENT, Role.LEAD])
    for who in names(house, supervisors.people):
        await goes_on_leave(house, who)
    assert (await told(house, [Role.AGENT, Role.LEAD])).people == supervisors.people != []


async def test_whoever_hears_late_has_their_time_before_the_next_one_hears(house: House) -> None:
    """Alice and Ann should have heard at ten; the leads, who come four hours after them, do so at four."""
    assert (await told(house)).next_at == NOW + timedelta(hours=4)


async def test_the_time_of_a_hold_does_not_count(house: House) -> None:
    """An hour from nine on, of which the case was held from half past nine to half past eleven."""
    assert await reckoned(house, EscalationKind.PROMISE_DUE) == NOW


async def test_an_offer_that_was_held_climbs_its_own_ladder_on(house: House) -> None:
    """Finance was asked first, and stands on no ladder of the desk: two hours, then four more, and two of the hold."""
    assert await reckoned(house, EscalationKind.APPROVAL_WAITING, Role.FINANCE) == NOW + timedelta(hours=5)


async def test_a_deadline_is_told_to_the_leaders_who_are_there_and_else_to_those_who_are_away(house: House) -> None:
    warned = [await warned_of_deadline(house)]
    for who in ("fay", "lee", "bob"):
        await goes_on_leave(house, who)
        warned.append(await warned_of_deadline(house))
    assert warned == [{"fay"}, {"bob", "lee"}, {"bob"}, {"fay"}]


async def test_a_deadline_of_an_agent_who_is_away_is_told_to_the_leads(house: House) -> None:
    alice = house.people["alice"]
    before = await warned_of_deadline(house, Role.AGENT, alice)
    await goes_on_leave(house, "alice")
    assert (before, await warned_of_deadline(house, Role.AGENT, alice)) == ({"alice"}, {"bob", "lee"})
