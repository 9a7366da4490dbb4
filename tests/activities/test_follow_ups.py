"""The hour of a visit after a solved case: some days after its notice, and not for ever."""

from datetime import UTC, datetime, timedelta

from temporalio.testing import ActivityEnvironment

from activities.contacts import ContactActivities
from activities.follow_ups import WITHIN, FollowUpActivities
from activities.policies import Policies
from activities.requests import FollowUpRequest
from domain.review_case.facts import FollowUpPlanned
from tests.activities.conftest import WayIn

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)  # a Monday, nine in the morning in Beijing
DAYS = timedelta(days=3)  # of the shipped policy


async def planned(way_in: WayIn, now: datetime) -> FollowUpPlanned:
    """A visit that was wanted at NOW and is planned at `now`, for the first time or again."""
    house = way_in.house
    opening = await house.opening(await house.review(), NOW)
    policies = Policies()
    activities = FollowUpActivities(house.parts.sessions, policies, ContactActivities(house.parts.sessions, policies))
    request = FollowUpRequest(
        case="A26-1", shop=house.shop, review_row=opening.review_row, review_created_at=NOW, assignee=None,
        number=1, wanted_at=NOW, now=now,
    )  # fmt: skip
    return await ActivityEnvironment().run(activities.plan_follow_up, request)


async def test_a_visit_comes_some_days_after_it_was_wanted(way_in: WayIn) -> None:
    found = await planned(way_in, NOW)
    assert found.due_at is not None
    assert NOW + DAYS <= found.due_at < NOW + DAYS + timedelta(days=1)


async def test_one_that_was_put_off_is_planned_from_that_moment_and_waits_no_further_days(way_in: WayIn) -> None:
    put_off = NOW + DAYS + timedelta(days=2)
    found = await planned(way_in, put_off)
    assert found.due_at is not None
    assert put_off <= found.due_at < put_off + timedelta(days=1)


async def test_after_its_week_a_visit_is_left_out_and_it_says_why(way_in: WayIn) -> None:
    found = await planned(way_in, NOW + DAYS + WITHIN)
    assert (found.due_at, bool(found.why)) == (None, True)
