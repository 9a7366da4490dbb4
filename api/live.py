"""What a case is right now: its workflow knows; where it can't be asked, the row tells what was known last."""

from datetime import timedelta

import structlog
from temporalio.client import WorkflowQueryFailedError, WorkflowQueryRejectedError
from temporalio.service import RPCError

from api.callers import Caller
from api.house import House
from api.kinds import REVIEW, CaseKind, CaseState, allowed, first_state, kind_of, must_be
from db.tables.cases import CaseFile
from domain.review_case.state import ReviewCaseState

QUERY_SECONDS = 2.0
# RuntimeError is what a client raises that has never reached its engine.
NOT_ANSWERED = (RPCError, WorkflowQueryFailedError, WorkflowQueryRejectedError, RuntimeError)
log = structlog.get_logger(__name__)


def stored_case(row: CaseFile) -> CaseState:
    """The state that the row was last written with; before its first write, nothing but how it was opened."""
    return kind_of(row).state.model_validate(row.state) if row.state else first_state(row)


async def live_case(house: House, row: CaseFile) -> tuple[CaseState, bool]:
    """The state, and whether the case itself was asked for it."""
    if row.closed_at is not None:
        return stored_case(row), False
    try:
        return await ask(house, row.workflow, kind_of(row)), True
    except NOT_ANSWERED as error:
        log.warning("case not asked", case=row.number, error=type(error).__name__)
        return stored_case(row), False


async def live_state(house: House, row: CaseFile) -> tuple[ReviewCaseState, bool]:
    """The same for what only review cases have. Raises OtherKind."""
    must_be(row, REVIEW)
    state, live = await live_case(house, row)
    assert isinstance(state, ReviewCaseState)  # noqa: S101 - must_be saw to it
    return state, live


async def ask(house: House, workflow: str, kind: CaseKind) -> CaseState:
    """Raises one of NOT_ANSWERED."""
    handle = house.client.get_workflow_handle(workflow)
    state: CaseState = await handle.query("view", result_type=kind.state, rpc_timeout=timedelta(seconds=QUERY_SECONDS))
    return state


def allowed_in(state: CaseState, caller: Caller, house: House) -> list[str]:
    return allowed(state, caller.actor(state.opening.shop), house.now())
