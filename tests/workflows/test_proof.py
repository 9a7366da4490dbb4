"""What is left of a closed case: everything, beside it, for whoever wants it proven."""

import pytest
from sqlalchemy import select
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment

from activities.archive import ArchiveActivities, ArchiveRequest
from db.tables.record import HistoryArchive
from domain.review_case.keys import payout_id
from tests.builders import House
from tests.workflows.conftest import Tell


async def archive(house: House, env: WorkflowEnvironment) -> None:
    archive = ArchiveActivities(house.parts.sessions, env.client)
    await ActivityEnvironment().run(archive.archive, ArchiveRequest(now=await env.get_current_time()))


@pytest.mark.covers(202)
async def test_the_payouts_of_a_case_are_archived_with_it(tell: Tell, house: House, env: WorkflowEnvironment) -> None:
    reviewed = await house.review()
    story = await tell(reviewed)
    await story.accepted()
    await story.amended(reviewed)
    state = await story.closed()
    await archive(house, env)
    async with house.parts.sessions() as session:
        kept = set(await session.scalars(select(HistoryArchive.workflow)))
    assert kept == {story.handle.id, payout_id(state.payouts[0].key)}
