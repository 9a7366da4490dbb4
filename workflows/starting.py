"""Starting a review case: one id and one set of options, whether the api starts it or the intake does."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from temporalio import workflow
from temporalio.client import Client
from temporalio.common import (
    WorkflowIDConflictPolicy,
)

with workflow.unsafe.imports_passed_through():
    from domain.review_case.keys import workflow_id
    from domain.review_case.state import Opening, Stage
    from settings import Settings
    from workflows import priorities
    from workflows.case_starting import options_of, start_case

# By name, so that who starts a case need not load its whole story.
REVIEW_CASE = "ReviewCase"
GATE_CHANGED = "gate_changed"
REVIEW_CHANGED = "review_changed"
BUYER_ONLINE = "buyer_online"
BUYER_WROTE = "buyer_wrote"
HANDBACK = "Handback"
SURGE = "Surge"


def case_workflow_id(opening: Opening) -> str:
    """Raises BadReviewKey."""
    return workflow_id(opening.platform, opening.shop, opening.external_id, opening.run)


def start_options(opening: Opening, task_queue: str) -> dict[str, Any]:
    """What every start of a review case is given."""
    return options_of(opening, case_workflow_id(opening), Stage.OPENING, task_queue)


async def start_review_case(client: Client, opening: Opening, settings: Settings) -> bool:
    """Start a case for the api; False when it was started before. Raises BadReviewKey, and RPCError when the engine is
    away."""
    return await start_case(client, REVIEW_CASE, opening, start_options(opening, settings.task_queue))


async def start_surge(client: Client, surge: str, settings: Settings) -> None:
    """Let what is planned already follow this surge; one that is followed already goes on so."""
    options = _surge_options(surge, settings)
    await client.start_workflow(
        SURGE, {"surge": surge}, id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING, **options
    )


async def tell_surge(client: Client, surge: str, settings: Settings) -> None:
    """A surge was ended. One that nobody follows, or no longer, counts as begun."""
    options = _surge_options(surge, settings)
    await client.start_workflow(SURGE, {"surge": surge, "begun": True}, start_signal="changed", **options)


def _surge_options(surge: str, settings: Settings) -> dict[str, Any]:
    return {
        "id": f"surge:{surge}",
        "task_queue": settings.task_queue,
        "priority": priorities.CASES,
        "static_summary": surge,
    }


async def start_handback(
    client: Client, person: str, shop: str | None, settings: Settings, wait: timedelta | None = None
) -> None:
    """Let the open cases of somebody who is away, or has left the shop (None: every shop), go on to others; for a leave
    that begins later, after a wait. Each start is a run of its own: one under way may have looked before the office's
    change was written, and one that comes too early or for nothing finds the person at work and ends."""
    await client.start_workflow(
        HANDBACK,
        args=[person, shop],
        id=f"handback:{person}:{uuid4().hex}",
        task_queue=settings.task_queue,
        priority=priorities.URGENT,
        static_summary=person,
        start_delay=wait,
    )
