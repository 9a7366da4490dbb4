"""The last look before anybody dials, at a database that knows who began which contact."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.contacts import ContactActivities
from activities.policies import Policies
from activities.requests import TakeRequest
from db.tables.contacts import ContactAttempt
from domain.contact_terms import Channel
from domain.review_case.facts import Prepared, StepRequest
from tests.activities.conftest import WayIn

NOW = datetime(2026, 11, 23, 4, 10, tzinfo=UTC)  # a Monday, ten past noon in Beijing


@pytest.fixture
async def take(way_in: WayIn) -> Any:
    """Takes a contact of one case, by name."""
    house = way_in.house
    opening = await house.opening(await house.review(), NOW)
    number = await way_in.open_case(opening)
    activities = ContactActivities(house.parts.sessions, Policies())

    async def taken(who: str, contact: int = 1, now: datetime = NOW, update_id: str = "a") -> Prepared:
        step = StepRequest(case=number, shop=house.shop, actor=house.actor(who), now=now, update_id=update_id)
        request = TakeRequest(
            step=step, review_row=opening.review_row, number=contact, channel=Channel.CALL, preference_at=None
        )
        return await ActivityEnvironment().run(activities.take, request)

    return taken


async def test_whoever_took_a_contact_takes_the_same_one_again(take: Any) -> None:
    first = await take("alice")
    assert (await take("alice", now=NOW + timedelta(minutes=1))).attempt == first.attempt


@pytest.mark.covers(31, 208)
@pytest.mark.parametrize("days", [0, 10], ids=["within the cool-down", "when caps would allow it"])
async def test_a_contact_that_somebody_else_began_is_not_begun_a_second_time(
    take: Any, way_in: WayIn, days: int
) -> None:
    """It may have been made: whoever comes next gets a contact of their own, which counts."""
    await take("alice")
    with pytest.raises(ApplicationError) as refused:
        await take("ann", now=NOW + timedelta(days=days))
    assert refused.value.type == "ContactNotAllowed"
    assert len(await way_in.rows(ContactAttempt)) == 1
