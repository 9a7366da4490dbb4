"""Forgetting by the clock."""

from datetime import timedelta

from sqlalchemy import select, update
from temporalio.testing import WorkflowEnvironment

from db.tables.buyers import Buyer
from db.tables.cases import CaseFile
from tests import record_world
from tests.builders import House
from tests.record_world import ONE, SHOP
from tests.workflows.conftest import Keep
from workflows.retention import Retention


async def test_what_is_due_is_forgotten_in_every_shop_and_once(
    env: WorkflowEnvironment, house: House, keep_history: Keep
) -> None:
    now, queue = await env.get_current_time(), house.parts.settings.task_queue
    async with house.parts.sessions.begin() as session:
        await record_world.open_shop(session, now, SHOP)
        await record_world.add_case(session, house.parts.ring, ONE, now)
        closed = {"closed_at": now - timedelta(days=181), "stage": "closed", "outcome": "refused"}
        await session.execute(update(CaseFile).values(**closed))
    with env.auto_time_skipping_disabled():
        assert await env.client.execute_workflow(Retention.run, args=["", 0], id="retention", task_queue=queue) == 1
        assert await env.client.execute_workflow(Retention.run, args=["", 0], id="retention:2", task_queue=queue) == 0
    async with house.parts.sessions() as session:
        assert list(await session.scalars(select(Buyer.name))) == [None]
    await keep_history("retention", "Retention.one_case")
