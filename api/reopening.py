"""Reopening: a closed case's next run, on the same row, with the numbering going on."""

from api.callers import Caller
from api.errors import NotAllowed
from api.house import House
from api.live import NOT_ANSWERED, ask, stored_state
from api.sealing import text_id
from api.step_bodies import Reopen
from db.sealed_texts import seal_text
from db.tables.cases import CaseFile
from domain.errors import Refusal
from domain.people import DESK, LEADERS
from domain.review_case.keys import workflow_id
from domain.review_case.state import Opening, ReviewCaseState
from workflows.starting import start_review_case


class CaseOpen(Refusal):
    """The case is open: there is nothing to reopen."""

    code = "CaseOpen"


async def reopen(house: House, caller: Caller, row: CaseFile, body: Reopen, update_id: str) -> ReviewCaseState:
    """Start the next run and answer its first state. A repeat of the same request finds that run by its reason."""
    if not caller.actor(row.shop).holds(DESK if body.buyer_came_back else LEADERS):
        raise NotAllowed("Reopening is a lead's or a supervisor's, unless the buyer came back; ask one of them.")
    text = text_id(update_id, "why")
    why = f"reopened by {caller.person}: {text}"
    if row.closed_at is None:
        state = stored_state(row)
        if state.opening.why != why:
            raise CaseOpen("The case is open; take the step you need.")
        return state
    async with house.sessions.begin() as session:
        await seal_text(session, "reopen.why", body.why, house.now(), text)
    opening = Opening(
        case=row.number,
        platform=row.platform,
        shop=row.shop,
        external_id=row.external_id,
        review_row=str(row.source_row),
        run=row.run + 1,
        source="person",
        why=why,
    )
    await start_review_case(house.client, opening, house.settings)
    return await _first_state(house, row, opening)


async def _first_state(house: House, row: CaseFile, opening: Opening) -> ReviewCaseState:
    """The new run's own answer; where no worker gives one in time, what the case ended with, opened anew."""
    try:
        return await ask(house, workflow_id(row.platform, row.shop, row.external_id, opening.run))
    except NOT_ANSWERED:
        return stored_state(row).model_copy(update={"opening": opening, "closed_at": None, "outcome": None})
