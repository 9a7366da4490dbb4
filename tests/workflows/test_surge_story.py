"""A surge as a story: what was planned in writing goes to the phone while it lasts, and nothing is forgotten."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from db import office, surges
from domain.review_case.state import ReviewCaseState
from tests.builders import House
from tests.workflows.conftest import Keep, Tell, Told
from tests.workflows.test_desk_story import until_it_waits
from workflows.starting import start_surge, tell_surge


async def write_first(house: House) -> None:
    """A shop that writes whenever nothing else is said."""
    async with house.parts.sessions.begin() as session:
        policy = (await office.policy_in_force(session, "contact", house.shop)).document.model_dump(mode="json")
        policy["persistence"]["attempts"] = [{"channel": "im", "after_days": 0}]
        await office.put_policy(session, "contact", house.shop, policy, "tests", "a test", datetime.now(UTC))


async def surge(story: Told) -> str:
    """It begins in an hour and lasts two days."""
    house, start = story.house, await story.clock() + timedelta(hours=1)
    async with house.parts.sessions.begin() as session:
        end, bob = start + timedelta(days=2), UUID(house.people["bob"])
        row = await surges.set_surge(session, bob, start - timedelta(hours=1), house.shop, start, end, "Double 12")
        await start_surge(house.parts.client, str(row.id), house.parts.settings)
    return str(row.id)


async def end(story: Told, made: str) -> None:
    house = story.house
    async with house.parts.sessions.begin() as session:
        await surges.end_surge(session, UUID(house.people["bob"]), await story.clock(), house.shop, UUID(made))
    await tell_surge(house.parts.client, made, house.parts.settings)


async def settled_after(story: Told, time: timedelta) -> ReviewCaseState:
    await story.pass_time(time)
    return await story.settled()


@pytest.mark.covers(34)
async def test_what_was_planned_in_writing_is_called_about_until_the_surge_is_over(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    await write_first(house)
    story = await tell()
    states = [await until_it_waits(story, range(1, 6))]
    made = await surge(story)
    states += [await settled_after(story, timedelta(minutes=50)), await settled_after(story, timedelta(minutes=15))]
    await end(story, made)
    states.append(await settled_after(story, timedelta(minutes=5)))
    contacts = [state.contact for state in states if state.contact]
    kinds = [event.kind for event in await story.events()]
    assert [str(contact.channel) for contact in contacts] == ["im", "im", "call", "im"]
    assert len({contact.number for contact in contacts}) == 1
    assert [kind for kind in kinds if "surge" in kind] == ["surge_begun", "surge_over"]
    await house.parts.client.get_workflow_handle(f"surge:{made}").result()
    await keep_history(f"surge:{made}", "Surge.begun_and_ended")
