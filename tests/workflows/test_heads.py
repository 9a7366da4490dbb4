"""The record's head of the day."""

from temporalio.testing import WorkflowEnvironment

from tests.builders import House
from tests.workflows.conftest import Keep
from workflows.heads import Heads


async def test_a_look_makes_the_head_of_the_day_once(
    env: WorkflowEnvironment, house: House, keep_history: Keep
) -> None:
    queue = house.parts.settings.task_queue
    with env.auto_time_skipping_disabled():  # while the first is waited for, the clock could leap into the next day
        first = await env.client.execute_workflow(Heads.run, id="heads", task_queue=queue)
        again = await env.client.execute_workflow(Heads.run, id="heads:again", task_queue=queue)
    assert (first.number, again.number) == (1, None)
    await keep_history("heads", "Heads.one_day")
