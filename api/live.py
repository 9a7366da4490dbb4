"""What a case is right now: its workflow knows; where it can't be asked, the row tells what was known last."""

from datetime import timedelta

import structlog
from temporalio.client import WorkflowQueryFailedError, WorkflowQueryRejectedError
from temporalio.service import RPCError

from api.callers import Caller
from api.house import House
from db.tables.cases import CaseFile
from domain.people import DESK, LEADERS
from domain.review_case.rules import allowed_steps
from domain.review_case.state import Opening, ReviewCaseState

QUERY_SECONDS = 2.0
# RuntimeError is what a client raises that has never reached its engine.
NOT_ANSWERED = (RPCError, WorkflowQueryFailedError, WorkflowQueryRejectedError, RuntimeError)
log = structlog.get_logger(__name__)


def stored_state(row: CaseFile) -> ReviewCaseState:
    """The state that the row was last written with; before its first write, nothing but how it was opened."""
    if row.state:
        return ReviewCaseState.model_validate(row.state)
    opening = Opening(
        case=row.number,
        platform=row.platform,
        shop=row.shop,
        external_id=row.external_id,
        review_row=str(row.source_row),
        run=row.run,
    )
    return ReviewCaseState(opening=opening, opened_at=row.opened_at)


async def live_state(house: House, row: CaseFile) -> tuple[ReviewCaseState, bool]:
    """The state, and whether the case itself was asked for it."""
    if row.closed_at is not None:
        return stored_state(row), False
    try:
        return await ask(house, row.workflow), True
    except NOT_ANSWERED as error:
        log.warning("case not asked", case=row.number, error=type(error).__name__)
        return stored_state(row), False


async def ask(house: House, workflow: str) -> ReviewCaseState:
    """Raises one of NOT_ANSWERED."""
    handle = house.client.get_workflow_handle(workflow)
    state: ReviewCaseState = await handle.query(
        "view", result_type=ReviewCaseState, rpc_timeout=timedelta(seconds=QUERY_SECONDS)
    )
    return state


def allowed_in(state: ReviewCaseState, caller: Caller, house: House) -> list[str]:
    """The steps that this person may take now. Of a closed case only reopening is left, for the desk: leaders decide
    it, everybody may when the buyer came back."""
    actor = caller.actor(state.opening.shop)
    if state.closed_at is not None:
        split = ["split_off"] if state.merged is not None and actor.holds(LEADERS) else []
        return ["reopen", *split] if actor.holds(DESK) else []
    return allowed_steps(state, actor, house.now())
