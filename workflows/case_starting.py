"""Starting a case of any kind: one set of options, whether the api starts it, the intake, or the case before it."""

from dataclasses import replace
from typing import Any, Protocol

from temporalio import workflow
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from workflows import priorities, search


class Opens(Protocol):
    """How a case is opened."""

    case: str
    platform: str
    shop: str


def options_of(opening: Opens, id: str, stage: str, task_queue: str) -> dict[str, Any]:
    """What every start of a case is given. A second start under the same id is refused, whether the first one still
    runs or not; the next run of a case has an id of its own."""
    return {
        "id": id,
        "task_queue": task_queue,
        "id_reuse_policy": WorkflowIDReusePolicy.REJECT_DUPLICATE,
        # A shop with thousands of cases at once must not make those of the others wait.
        "priority": replace(priorities.CASES, fairness_key=opening.shop),
        "search_attributes": TypedSearchAttributes(
            [
                SearchAttributePair(search.SHOP, opening.shop),
                SearchAttributePair(search.PLATFORM, opening.platform),
                SearchAttributePair(search.STATUS, stage),
            ]
        ),
        "static_summary": opening.case,
    }


async def start_case(client: Client, story: str, opening: Opens, options: dict[str, Any]) -> bool:
    """False when it was started before. Raises RPCError when the engine is away."""
    try:
        await client.start_workflow(story, opening, **options)
    except WorkflowAlreadyStartedError:
        return False
    return True
