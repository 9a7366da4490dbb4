"""Starting a refund case: one id and one set of options, whether the api starts it or the intake does."""

from typing import Any

from temporalio import workflow
from temporalio.client import Client

with workflow.unsafe.imports_passed_through():
    from domain.refund_case.keys import workflow_id
    from domain.refund_case.stages import RefundStage
    from domain.refund_case.state import RefundOpening
    from settings import Settings
    from workflows.case_starting import options_of, start_case

# By name, so that who starts a case need not load its whole story.
REFUND_CASE = "RefundCase"
REFUND_CHANGED = "refund_changed"
PARCEL_MOVED = "parcel_moved"


def refund_workflow_id(opening: RefundOpening) -> str:
    """Raises BadRefundKey."""
    return workflow_id(opening.platform, opening.shop, opening.external_id, opening.run)


def refund_start_options(opening: RefundOpening, task_queue: str) -> dict[str, Any]:
    """What every start of a refund case is given."""
    return options_of(opening, refund_workflow_id(opening), RefundStage.OPENING, task_queue)


async def start_refund_case(client: Client, opening: RefundOpening, settings: Settings) -> bool:
    """Start a case for the api; False when it was started before. Raises BadRefundKey, and RPCError when the engine is
    away."""
    return await start_case(client, REFUND_CASE, opening, refund_start_options(opening, settings.task_queue))
